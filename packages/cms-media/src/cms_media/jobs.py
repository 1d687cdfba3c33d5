"""What the worker does for files."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import structlog

from cms_core import CMS, Job
from cms_media.service.expiry import end_expired, finish_left
from cms_media.service.keeping import sweep
from cms_media.settings import MediaSettings
from cms_media.storage import Storage

log = structlog.get_logger(__name__)


def media_jobs(storage: Storage) -> Sequence[Job]:
    """Return the jobs of one CMS."""

    async def sweep_orphans(cms: CMS) -> bool:
        age = timedelta(seconds=cms.plugin_settings(MediaSettings).orphan_age)
        swept = await sweep(cms, storage, age)
        if swept.orphans or swept.abandoned:
            counts = {"orphans": swept.orphans, "bytes": swept.bytes}
            log.info("orphans_swept", **counts, abandoned=swept.abandoned)
        return False

    async def look_after_uploads(cms: CMS) -> bool:
        finished = await finish_left(cms, storage)
        ended = await end_expired(cms, storage)
        if finished or ended:
            log.info("uploads_looked_after", finished=finished, expired=ended)
        return False

    return (
        Job("media:uploads", look_after_uploads, every=timedelta(hours=1)),
        Job("media:sweep", sweep_orphans, every=timedelta(hours=24)),
    )

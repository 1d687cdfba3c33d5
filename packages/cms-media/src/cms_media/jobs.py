"""What the worker does for files."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import structlog

from cms_core import CMS, Job
from cms_media.service.expiry import end_expired, finish_left
from cms_media.service.keeping import sweep
from cms_media.service.variants import drop_old_variants
from cms_media.workshop import Workshop

log = structlog.get_logger(__name__)


def media_jobs(workshop: Workshop) -> Sequence[Job]:
    """Return the jobs of one CMS."""

    async def sweep_orphans(cms: CMS) -> bool:
        age = timedelta(seconds=workshop.settings.orphan_age)
        swept = await sweep(cms, workshop.storage, age)
        if swept.orphans or swept.abandoned:
            counts = {"orphans": swept.orphans, "bytes": swept.bytes}
            log.info("orphans_swept", **counts, abandoned=swept.abandoned)
        return False

    async def look_after_uploads(cms: CMS) -> bool:
        finished = await finish_left(cms, workshop)
        ended = await end_expired(cms, workshop)
        if finished or ended:
            log.info("uploads_looked_after", finished=finished, expired=ended)
        return False

    async def drop_variants(cms: CMS) -> bool:
        age = timedelta(seconds=workshop.settings.variant_age)
        if dropped := await drop_old_variants(cms, workshop, age):
            log.info("variants_dropped", dropped=dropped)
        return False

    return (
        Job("media:uploads", look_after_uploads, every=timedelta(hours=1)),
        Job("media:variants", drop_variants, every=timedelta(hours=24)),
        Job("media:sweep", sweep_orphans, every=timedelta(hours=24)),
    )

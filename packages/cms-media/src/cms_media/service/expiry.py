"""Uploads that nobody goes on with: taken away when they expire, finished if nothing is missing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import structlog
from sqlalchemy import select

from cms_core import CMS, CMSError, db_now
from cms_media.models import MediaUpload
from cms_media.service.assembling import Assembly
from cms_media.settings import MediaSettings
from cms_media.workshop import Workshop

log = structlog.get_logger(__name__)

#: Uploads that are looked up at once.
_BATCH = 100
#: Who sent the last piece may still be waiting for its file.
_WORKING = timedelta(minutes=30)


async def end_expired(cms: CMS, workshop: Workshop) -> int:
    """Take expired uploads away, with their pieces; return how many they were."""
    assembly, ended = Assembly(cms, workshop), 0
    while ids := await _expired(cms):
        for id in ids:
            await assembly.end(id)
        ended += len(ids)
    return ended


async def _expired(cms: CMS) -> Sequence[UUID]:
    old = select(MediaUpload.id).where(MediaUpload.expires_at <= db_now())
    async with cms.db.snapshot() as session:
        return (await session.scalars(old.order_by(MediaUpload.expires_at).limit(_BATCH))).all()


async def finish_left(cms: CMS, workshop: Workshop) -> int:
    """Make the files of uploads whose last piece is here, but whose server stopped meanwhile.

    Their senders believe that they are done. Returns how many there were.
    """
    assembly, finished = Assembly(cms, workshop), 0
    for upload in await _left(cms):
        try:
            await assembly.finish(upload)
            finished += 1
        except CMSError as error:
            log.warning("upload_not_finished", upload=str(upload.id), reason=str(error))
    return finished


async def _left(cms: CMS) -> Sequence[MediaUpload]:
    age = timedelta(seconds=cms.plugin_settings(MediaSettings).upload_age)
    async with cms.db.snapshot() as session:
        now = await session.now()
        whole = select(MediaUpload).where(
            MediaUpload.media_id.is_(None),
            MediaUpload.offset == MediaUpload.length,
            MediaUpload.expires_at > now,
            MediaUpload.expires_at <= now + age - min(_WORKING, age / 2),
        )
        return (await session.scalars(whole.limit(_BATCH))).all()

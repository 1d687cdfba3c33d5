"""The end of an upload in pieces: its file is made."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import cast
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms_core import CMS, CMSError, Principal, Transaction, Unavailable
from cms_media.errors import UploadNotFound
from cms_media.models import MediaUpload, MediaUploadPart
from cms_media.service.files import Details, add_file
from cms_media.service.quotas import room_of
from cms_media.service.receiving import Received, discard, receive
from cms_media.service.resumable import drop_parts, end_upload, parts_of
from cms_media.storage import ObjectMissing, Storage, StorageFull, StorageUnavailable
from cms_media.workshop import Workshop


class Assembly:
    """Makes files of uploads whose pieces are all here; any number of times, with one result."""

    def __init__(self, cms: CMS, workshop: Workshop) -> None:
        self._cms = cms
        self._workshop = workshop
        self._storage = workshop.storage
        self._background = workshop.background
        self._quota = workshop.settings.quota_bytes

    async def finish(self, upload: MediaUpload) -> UUID:
        """Make the file. Raises what `receive` and `add_file` raise.

        Where the file is refused, the upload is ended; where only the server fails, it can be
        tried again.
        """
        try:
            return await self._finish(upload)
        except (Unavailable, StorageFull):
            raise
        except CMSError:
            await self.end(upload.id)
            raise

    async def end(self, id: UUID) -> None:
        """Take an upload away, with its pieces."""
        keys = await self._cms.db.run(lambda session: end_upload(session, id))
        self._discard_later(*keys)

    async def _finish(self, upload: MediaUpload) -> UUID:
        async with self._cms.db.snapshot() as session:
            parts = await parts_of(session, upload.id)
            room = await room_of(session, upload.owner_id, self._quota)
            media_id = await _media_id(session, upload.id)
        if media_id is not None:
            return media_id
        try:
            async with aclosing(_bytes_of(self._storage, parts)) as chunks:
                received = await receive(self._workshop, chunks, upload.filename, room=room)
        except ObjectMissing as error:
            return await self._finished_by_another(upload, error)
        return await self._add(upload, received)

    async def _add(self, upload: MediaUpload, received: Received) -> UUID:
        kept, done = "", list[str]()

        async def perform(session: Transaction) -> UUID:
            nonlocal kept, done
            kept, done = "", []
            held = select(MediaUpload).where(MediaUpload.id == upload.id).with_for_update()
            mine = (await session.execute(held)).scalar_one_or_none()
            if mine is None:
                raise UploadNotFound
            if mine.media_id is None:
                kept = await self._make_file(session, mine, received)
                done = await drop_parts(session, upload.id)
            return upload.id

        try:
            id = await self._cms.db.run(perform)
        except Unavailable:
            raise  # perhaps a file has got them: the sweep knows
        except CMSError:
            await discard(self._storage, received.key)
            raise
        unused = [] if kept == received.key else [received.key]
        self._discard_later(*done, *unused)
        return id

    def _discard_later(self, *keys: str) -> None:
        """Delete what no upload has any more; nobody waits for it, for that is committed."""
        self._background.start(discard(self._storage, *keys))

    async def _make_file(
        self, session: Transaction, upload: MediaUpload, received: Received
    ) -> str:
        added = await add_file(
            session,
            received,
            cast(Details, upload.details),
            by=Principal(upload.owner_id, ""),
            now=await session.now(),
            quota=self._quota,
            id=upload.id,
        )
        upload.media_id = added.item.id
        await session.flush()
        return added.key

    async def _finished_by_another(self, upload: MediaUpload, error: ObjectMissing) -> UUID:
        """Who came first has taken the pieces away; else they are lost."""
        async with self._cms.db.snapshot() as session:
            media_id = await _media_id(session, upload.id)
        if media_id is None:
            raise StorageUnavailable from error
        return media_id


async def _media_id(session: AsyncSession, id: UUID) -> UUID | None:
    """The file that an upload has become."""
    found: UUID | None = await session.scalar(
        select(MediaUpload.media_id).where(MediaUpload.id == id)
    )
    return found


async def _bytes_of(
    storage: Storage, parts: Sequence[MediaUploadPart]
) -> AsyncGenerator[bytes, None]:
    for part in parts:
        async with aclosing(storage.read(part.key, 0, part.size)) as chunks:
            async for chunk in chunks:
                yield chunk

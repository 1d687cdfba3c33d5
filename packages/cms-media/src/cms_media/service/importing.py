"""Files that come with an import of posts, on the way that every upload takes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import datetime
from typing import BinaryIO, Protocol
from uuid import UUID

from sqlalchemy import update

from cms_core import CMS, CMSError, Principal, Transaction, Unavailable
from cms_media.models import MAX_ALT, MAX_FOLDER, MAX_TITLE, MediaItem
from cms_media.service.files import Added, Details, add_file
from cms_media.service.receiving import Received, discard, receive
from cms_media.workshop import Workshop

_CHUNK = 1024 * 1024


class ForeignFile(Protocol):
    """What an import says of a file: plain texts, of any length."""

    @property
    def id(self) -> UUID: ...
    @property
    def owner_id(self) -> UUID: ...
    @property
    def filename(self) -> str: ...
    @property
    def folder(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def alt(self) -> str: ...
    @property
    def created_at(self) -> datetime: ...
    @property
    def updated_at(self) -> datetime: ...


class LibraryImporter:
    """Takes files of imports into the library; it is what cms-posts calls a `FileImporter`."""

    def __init__(self, cms: CMS, workshop: Workshop) -> None:
        self._cms = cms
        self._workshop = workshop

    async def import_file(self, file: ForeignFile, content: BinaryIO) -> None:
        """Make a file with the id, the owner and the dates that it has elsewhere.

        Quotas do not apply: an operator imports. Raises what `receive` raises, and `MediaExists`.
        """
        async with aclosing(_chunks(content)) as chunks:
            received = await receive(self._workshop, chunks, file.filename, room=None)
        try:
            added = await self._cms.db.run(lambda session: _add(session, file, received))
        except Unavailable:
            raise  # perhaps a file has got the bytes: the sweep knows
        except CMSError:
            await discard(self._workshop.storage, received.key)
            raise
        if added.key != received.key:  # the same bytes were there already
            await discard(self._workshop.storage, received.key)


async def _add(session: Transaction, file: ForeignFile, received: Received) -> Added:
    details: Details = {
        "title": _line(file.title, MAX_TITLE),
        "alt": _line(file.alt, MAX_ALT),
        "folder": _line(file.folder, MAX_FOLDER).strip("/"),
    }
    by, now = Principal(file.owner_id, ""), await session.now()
    added = await add_file(session, received, details, by=by, now=now, quota=0, id=file.id)
    if added.is_new:
        dates = {"created_at": file.created_at, "updated_at": file.updated_at}
        await session.execute(update(MediaItem).where(MediaItem.id == file.id).values(dates))
    return added


def _line(text: str, longest: int) -> str:
    return " ".join(text.split())[:longest].rstrip()


async def _chunks(content: BinaryIO) -> AsyncGenerator[bytes, None]:
    while chunk := await asyncio.to_thread(content.read, _CHUNK):
        yield chunk

"""The way in of bytes: looked at, counted and hashed while they go to the storage."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass

import structlog

from cms_core import CMSError
from cms_media.content.kinds import KINDS
from cms_media.content.metadata import Stripper, stripper
from cms_media.content.names import tidy_filename
from cms_media.content.sniffing import HEAD, sniff
from cms_media.errors import (
    EmptyFile,
    FileTooLarge,
    QuotaExceeded,
    UnacceptableFile,
    UnreadableImage,
)
from cms_media.images.facts import ImageFacts
from cms_media.service.examining import examine
from cms_media.storage import OneBehind, Storage, gathered
from cms_media.workshop import Workshop

log = structlog.get_logger(__name__)

#: What the keys of all files begin with.
FILES = "files/"
#: Bytes that are counted, hashed and passed on at a time.
_PIECE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Received:
    """Bytes that are stored, durably, and belong to no file yet."""

    key: str
    sha256: str
    size: int
    filename: str
    media_type: str
    #: None where it is no image, or nobody here can decode it.
    image: ImageFacts | None = None


async def receive(
    workshop: Workshop, chunks: AsyncIterator[bytes], filename: str, *, room: int | None
) -> Received:
    """Store what comes, and look at it; at most `room` bytes where that is not None.

    Raises `EmptyFile`, `UnacceptableFile`, `FileTooLarge`, `QuotaExceeded`, and what `examine`, the
    storage and the sender raise; then nothing is kept.
    """
    head, complete = await _head_of(chunks)
    if not head:
        raise EmptyFile
    media_type = sniff(head, filename)
    if media_type is None:
        raise UnacceptableFile
    limit = workshop.settings.max_bytes(KINDS[media_type].family)
    whole = _whole(head, None if complete else chunks)
    if (filter := stripper(media_type)) is not None:
        whole = _without_metadata(whole, filter, workshop.settings.keep_metadata)
    counted = _Counted(whole, limit, room)
    random = secrets.token_hex(16)
    key = f"{FILES}{random[:2]}/{random}"
    await workshop.storage.put(key, counted.pieces())
    try:
        image = await examine(workshop, key, media_type)
    except CMSError:
        await discard(workshop.storage, key)
        raise
    except BaseException:  # whoever sent it has left, or was given up
        workshop.background.start(discard(workshop.storage, key))
        raise
    tidy = tidy_filename(filename, media_type)
    return Received(key, counted.digest.hexdigest(), counted.size, tidy, media_type, image)


async def discard(storage: Storage, *keys: str) -> None:
    """Delete objects that belong to nobody; never fails: those that stay, the sweep finds."""
    for key in keys:
        try:
            await storage.delete(key)
        except CMSError as error:
            log.warning("bytes_left_behind", key=key, reason=str(error))


async def _head_of(chunks: AsyncIterator[bytes]) -> tuple[bytes, bool]:
    """The first bytes, as many as tell what a file is, and whether they are all."""
    head = b""
    async for chunk in chunks:
        head += chunk
        if len(head) >= HEAD:
            return head, False
    return head, True


async def _whole(head: bytes, rest: AsyncIterator[bytes] | None) -> AsyncIterator[bytes]:
    yield head
    if rest is not None:
        async for chunk in rest:
            yield chunk


async def _without_metadata(
    chunks: AsyncIterator[bytes], filter: Stripper, keep: bool
) -> AsyncIterator[bytes]:
    """The same image, with zeros for its metadata unless it is kept. Raises `UnreadableImage`."""
    async for chunk in chunks:
        # Apart: images that are made for it take a while.
        stripped = await asyncio.to_thread(filter.feed, chunk)
        yield chunk if keep else stripped
    last = await asyncio.to_thread(filter.finish)
    if filter.has_contraband:
        raise UnreadableImage("It is a page, a script, a document or an archive too.")
    if not keep:
        yield last


class _Counted:
    """Passes bytes on, until there are too many."""

    def __init__(self, chunks: AsyncIterator[bytes], limit: int, room: int | None) -> None:
        self.size = 0
        self.digest = hashlib.sha256()
        self._chunks = chunks
        self._limit = limit
        self._room = room

    async def pieces(self) -> AsyncIterator[bytes]:
        """Yield everything. Raises `FileTooLarge` and `QuotaExceeded`."""
        # To hash takes as long as to receive: a thread does it, while the next piece comes.
        hashing = OneBehind()
        try:
            async with aclosing(gathered(self._chunks, _PIECE)) as pieces:
                async for piece in pieces:
                    self._count(piece)
                    await hashing.run(self.digest.update, piece)
                    yield piece
            await hashing.join()
        finally:
            await hashing.settle()

    def _count(self, piece: bytes) -> None:
        self.size += len(piece)
        if self.size > self._limit:
            raise FileTooLarge
        if self._room is not None and self.size > self._room:
            raise QuotaExceeded

"""Ways to keep uploads wrongly."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import suppress
from typing import Any
from uuid import UUID

from sqlalchemy import delete, exists, select

from cms_core import Transaction
from cms_media.models import MediaBlob, MediaItem
from cms_media.storage import Storage, StorageUnavailable

#: Seconds between two steps that should be one: what is rare on a quiet machine is to happen.
BETWEEN = 0.05
#: Bytes that are read of everybody, whoever it is.
READ = 4 * 1024 * 1024

#: Kept, or the loop would drop them.
_tasks: set[asyncio.Task[None]] = set()
_opened: list[Storage] = []


def put_later(original: Callable[..., Awaitable[None]]) -> Any:
    """Bytes are said to be stored a moment before they are."""

    async def put(self: Any, key: str, chunks: AsyncIterator[bytes]) -> None:
        pieces = [piece async for piece in chunks]
        task = asyncio.create_task(store(self, key, pieces))
        _tasks.add(task)
        task.add_done_callback(_tasks.discard)

    async def store(self: Any, key: str, pieces: Iterable[bytes]) -> None:
        await asyncio.sleep(BETWEEN)
        await original(self, key, _each(pieces))

    return put


async def _each(pieces: Iterable[bytes]) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


def remember_storage(original: Callable[..., Storage]) -> Any:
    """Whoever drops bytes knows where they are."""

    def open_storage(url: str, data: Any) -> Storage:
        _opened.append(original(url, data))
        return _opened[-1]

    return open_storage


def drop_unheld(original: object) -> Any:
    """Who deletes the last file of some bytes holds them against nobody, and deletes at once."""

    async def drop_unused_blob(session: Transaction, id: UUID) -> None:
        blob = (await session.execute(select(MediaBlob).where(MediaBlob.id == id))).scalar_one()
        if not await session.scalar(select(exists().where(MediaItem.blob_id == id))):
            await asyncio.sleep(BETWEEN)
            await _opened[-1].delete(blob.key)
            await session.execute(delete(MediaBlob).where(MediaBlob.id == id))

    return drop_unused_blob


def read_first(original: Callable[..., Awaitable[Any]]) -> Any:
    """Nobody asks who it is before a good part of the body was read."""

    async def authenticate(request: Any, authenticators: Any) -> Any:
        size = 0
        async for piece in request.stream():
            size += len(piece)
            if size > READ:
                break
        return await original(request, authenticators)

    return authenticate


def believe_stored(original: Callable[..., Awaitable[None]]) -> Any:
    """An upload that S3 has refused for good is said to be stored."""

    async def send(self: Any, key: str, first: bytes, rest: AsyncIterator[bytes]) -> None:
        with suppress(StorageUnavailable):
            await original(self, key, first, rest)

    return send


def write_once(original: object) -> Any:
    """As much of a piece is written as there is room for, and taken for all of it."""

    def write(self: Any, piece: bytes) -> None:
        os.write(self._number, piece)

    return write

"""Streams an upload into S3 in parts, so that a failing stream ends the upload."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import obstore
from obstore.store import S3Store

from cms_media.storage.faults import told_as_ours
from cms_media.storage.threads import until_done

#: Bytes of one part: S3 takes 10,000 of them, at least 5 MiB each.
PART = 8 * 1024 * 1024
#: Parts that are on their way at once.
_AT_ONCE = 2


async def upload_in_parts(store: S3Store, key: str, pieces: AsyncIterator[bytes]) -> None:
    """Store all of the pieces or nothing.

    A failing or cancelled caller returns once the upload is aborted: obstore leaves the parts of
    one that is cancelled, and only hears of a failure through what it is fed.
    """
    feed = _Feed()
    request = obstore.put_async(store, key, feed, chunk_size=PART, max_concurrency=_AT_ONCE)
    sending = asyncio.ensure_future(request)
    sending.add_done_callback(feed.left)
    try:
        await feed.give_all(pieces)
        with told_as_ours():
            await asyncio.shield(sending)
    except BaseException:
        feed.fail()
        if await until_done(sending):
            await _take_back(store, key)
        raise


async def _take_back(store: S3Store, key: str) -> None:
    # Cancelled between the last piece and the answer. What stays, the sweep finds.
    with suppress(Exception):
        await obstore.delete_async(store, key)


class _Failed(Exception):
    """Tells obstore to abort the upload."""


class _Feed:
    """Hands pieces from the one who has them to obstore, which asks from tasks of its own."""

    def __init__(self) -> None:
        self._pieces: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._room = asyncio.Semaphore(1)
        self._has_failed = self._is_left = False

    async def give_all(self, pieces: AsyncIterator[bytes]) -> None:
        """Give the pieces as they are asked for, then the end; return early when nobody asks."""
        async for piece in pieces:
            await self._room.acquire()
            if self._is_left:
                return
            self._pieces.put_nowait(piece)
            del piece  # 8 MiB, while the next are gathered
        self._pieces.put_nowait(None)

    def fail(self) -> None:
        """Raise an error to the asker, now or when it asks next."""
        self._has_failed = True
        self._pieces.put_nowait(None)

    def left(self, _: object) -> None:
        """Note that nobody asks any more."""
        self._is_left = True
        self._room.release()

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        piece = await self._pieces.get()
        if self._has_failed:
            raise _Failed
        if piece is None:
            raise StopAsyncIteration
        self._room.release()
        return piece

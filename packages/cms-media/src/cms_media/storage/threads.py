"""Runs what blocks on a disk outside of the event loop, with its faults told as the storage's."""

import asyncio
import errno
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import ParamSpec, TypeVar

from cms_media.storage.errors import ObjectMissing, StorageFull, StorageUnavailable

_P = ParamSpec("_P")
_T = TypeVar("_T")

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


async def in_thread(work: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
    """Run it in a thread; raises `ObjectMissing`, `StorageFull` or `StorageUnavailable`.

    A cancelled caller leaves only when the thread is done: it closes and removes the same file
    next.
    """
    running = asyncio.ensure_future(asyncio.to_thread(work, *args, **kwargs))
    try:
        with _told_as_ours():
            return await asyncio.shield(running)
    except asyncio.CancelledError:
        await until_done(running)
        raise


class OneBehind:
    """Lets a thread do one thing while the caller gets the next ready; raises as `in_thread`."""

    def __init__(self) -> None:
        self._running: asyncio.Task[None] | None = None

    async def run(self, work: Callable[_P, None], *args: _P.args, **kwargs: _P.kwargs) -> None:
        """Begin it when the last thing is done, and return."""
        await self.join()
        self._running = asyncio.create_task(in_thread(work, *args, **kwargs))

    async def join(self) -> None:
        """Wait for the last thing."""
        running, self._running = self._running, None
        if running is not None:
            try:
                await asyncio.shield(running)
            except asyncio.CancelledError:
                await until_done(running)
                raise

    async def settle(self) -> None:
        """Wait for the last thing, however it ends: something else went wrong."""
        if self._running is not None:
            await until_done(self._running)


async def until_done(running: asyncio.Future[_T]) -> bool:
    """Wait for its end, whatever happens to the caller; say whether it succeeded."""
    while not running.done():
        with suppress(asyncio.CancelledError):
            await asyncio.wait({running})
    return not running.cancelled() and running.exception() is None


@contextmanager
def _told_as_ours() -> Iterator[None]:
    try:
        yield
    except (FileNotFoundError, NotADirectoryError) as error:
        raise ObjectMissing from error
    except OSError as error:
        # Without the reason: a client sees the detail, and a reason has paths.
        kind = StorageFull if error.errno in _FULL else StorageUnavailable
        raise kind from error

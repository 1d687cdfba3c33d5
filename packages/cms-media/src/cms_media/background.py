"""Work that is finished whoever still waits for it: a client may leave, and a deadline pass."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

import structlog

from cms_core import CMSError

log = structlog.get_logger(__name__)

T = TypeVar("T")


class Background:
    """The tasks of one CMS."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[Any]] = set()

    def start(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Begin something; wait for it behind a shield."""
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._ended)
        return task

    async def settle(self) -> None:
        """Wait until everything has come to its end."""
        while self._running:
            await asyncio.wait(self._running)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None and not isinstance(error, CMSError):
            # Perhaps nobody waits any more to hear of it.
            log.error("upload_failed", exc_info=error)

"""Readers who leave before they are answered: a slow read is given up, a write never is.

Whoever sent a change and left can't know whether it happened; finishing it is as right as not, and
stopping it amid a commit is the worst of both. A read nobody waits for only costs a connection.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from starlette.types import Receive, Scope

from cms_core.front.head import Head

#: Seconds. Most answers are ready before it would be worth looking whether anybody waits.
PATIENCE = 0.25


class Departure:
    """While open, calls `leave` when the client of a long read has disconnected."""

    def __init__(self, scope: Scope, receive: Receive, head: Head, leave: Callable[[], None]):
        self._receive = receive
        self._leave = leave
        # Only one may receive: requests with a body are read by the routes.
        self._watched = scope["method"] in ("GET", "HEAD") and not head.announces_body
        self._pending: asyncio.TimerHandle | asyncio.Task[None] | None = None
        self.happened = False

    def __enter__(self) -> Departure:
        if self._watched:
            loop = asyncio.get_running_loop()
            self._pending = loop.call_later(PATIENCE, self._look)
        return self

    def __exit__(self, *_: Any) -> None:
        if self._pending is not None:
            self._pending.cancel()

    def _look(self) -> None:
        self._pending = asyncio.get_running_loop().create_task(self._wait())

    async def _wait(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self.happened = True
        self._leave()

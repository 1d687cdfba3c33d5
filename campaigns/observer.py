"""Watches the database itself: reading through the API would publish what is overdue."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Self
from uuid import UUID

import uvloop
from sqlalchemy import func, select

from campaigns.planting import Planted
from campaigns.processes import FORK
from cms_core import CMS
from cms_core.db.clock import read_clock
from cms_posts.models import PublishedPost

#: Seconds between two looks, and how far ahead of their time posts are looked for in each.
PAUSE = 0.005
AHEAD = timedelta(seconds=0.5)
#: Looks after which it counts all that is live, to find what is far too early.
COUNT_EVERY = 100
#: Posts asked for in one look.
WINDOW = 1000


class Observer:
    """A process that notes, by the database's clock, when it first saw each post live."""

    def __init__(self, cms: CMS, planted: Sequence[Planted]) -> None:
        self._cms = cms
        self._due = {each.post_id: each.due_at for each in planted}
        self._begin = min(self._due.values())
        self._count = FORK.RawValue("q", 0)
        self._receiver, sender = FORK.Pipe(duplex=False)
        self._process = FORK.Process(target=self._observe, args=(sender,), daemon=True)

    def __enter__(self) -> Self:
        self._process.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.join()

    @property
    def seen(self) -> int:
        """How many posts it has seen live."""
        count: int = self._count.value
        return count

    def finish(self) -> Mapping[UUID, datetime]:
        """Ask for what it saw: each post with the moment after the look that first showed it."""
        assert self._process.pid is not None
        os.kill(self._process.pid, signal.SIGTERM)
        seen: dict[UUID, datetime] = self._receiver.recv()
        return seen

    def _observe(self, sender: Connection) -> None:
        sender.send(uvloop.run(self._watch()))

    async def _watch(self) -> dict[UUID, datetime]:
        stop = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
        waiting = sorted(self._due, key=self._due.__getitem__)
        seen: dict[UUID, datetime] = {}
        clock = await self._clock()
        looks = 0
        while not stop.is_set():
            looks += 1
            horizon = clock + AHEAD
            window = [id for id in waiting[:WINDOW] if self._due[id] <= horizon]
            if looks % COUNT_EVERY == 0 and await self._live() > len(seen):
                window = waiting
            found, clock = await self._look(window)
            seen |= dict.fromkeys(found, clock)
            if found:
                waiting = [id for id in waiting if id not in found]
            self._count.value = len(seen)
            await asyncio.sleep(PAUSE)
        await self._cms.close()
        return seen

    async def _look(self, window: Sequence[UUID]) -> tuple[set[UUID], datetime]:
        """Which of these posts are live, and the clock when that was known."""
        live = select(PublishedPost.post_id).where(PublishedPost.post_id.in_(window))
        async with self._cms.db.snapshot() as session:
            found = set(await session.scalars(live)) if window else set()
            return found, await read_clock(session)

    async def _live(self) -> int:
        async with self._cms.db.snapshot() as session:
            counted = select(func.count()).where(PublishedPost.published_at >= self._begin)
            return (await session.execute(counted)).scalar_one()

    async def _clock(self) -> datetime:
        async with self._cms.db.snapshot() as session:
            return await read_clock(session)

"""Processes that write versions at a pace, each to posts of its own."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Sequence
from contextlib import suppress
from multiprocessing.context import ForkProcess
from types import TracebackType
from typing import Self

import uvloop

from campaigns.processes import FORK
from campaigns.published.board import Board
from campaigns.published.shapes import POPULAR, Shapes
from campaigns.published.writing import Author
from cms_core import CMS, Unavailable
from cms_posts import PlanInPast

#: Transactions that one writer has open at once, where the database allows.
AT_ONCE = 6
#: So often a popular post is taken, compared with another one.
TO_POPULAR = 0.1
#: Seconds that the last ones get.
STOPPED_WITHIN = 15.0


class Writers:
    """`pace` versions a second in all, from entering to leaving. The CMS must not be connected."""

    def __init__(
        self, cms: CMS, shapes: Shapes, board: Board, chances: Sequence[random.Random], pace: float
    ) -> None:
        self._cms = cms
        self._shapes = shapes
        self._board = board
        self._pace = pace / len(chances)
        self._size = len(chances)
        self._processes = [
            FORK.Process(target=self._run, args=(number, chance), daemon=True)
            for number, chance in enumerate(chances)
        ]
        #: Writers that did not come to their end.
        self.failed = 0

    def __enter__(self) -> Self:
        for process in self._processes:
            process.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._board.end()
        deadline = time.monotonic() + STOPPED_WITHIN
        for process in self._processes:
            self.failed += _exit_code(process, deadline) != 0

    @property
    def running(self) -> bool:
        """Whether all of them are at work."""
        return all(process.is_alive() for process in self._processes)

    def _run(self, number: int, chance: random.Random) -> None:
        uvloop.run(self._write(number, chance))

    async def _write(self, number: int, chance: random.Random) -> None:
        """Begin a version whenever one is due, of a post that is not being written."""
        idle = list(range(number, self._shapes.posts, self._size))
        author, room = Author(self._cms, self._shapes), asyncio.Semaphore(AT_ONCE)
        next_at = time.monotonic()

        async def advance(post: int) -> None:
            await self._advance(author, post, number)
            idle.append(post)
            room.release()

        async with asyncio.TaskGroup() as tasks:
            while not self._board.is_over:
                await room.acquire()
                next_at += 1 / self._pace
                await asyncio.sleep(max(next_at - time.monotonic(), 0))
                tasks.create_task(advance(_take(idle, chance)))
        await self._cms.close()

    async def _advance(self, author: Author, post: int, number: int) -> None:
        version = self._board.most(post) + 1
        self._board.begin(post, version)
        while not await _written(author, post, version):
            pass
        self._board.acknowledge(post, version, number)


def _take(idle: list[int], chance: random.Random) -> int:
    """Take one of these posts, seldom a popular one: those are mostly read."""
    place = chance.randrange(len(idle))
    while idle[place] < POPULAR and chance.random() > TO_POPULAR:
        place = chance.randrange(len(idle))
    return idle.pop(place)


async def _written(author: Author, post: int, version: int) -> bool:
    # What was refused is written again: whether it was committed, nobody knows. And a machine that
    # is very busy may plan for an instant that has passed when it comes to it.
    with suppress(Unavailable, PlanInPast):
        await author.write(post, version)
        return True
    return False


def _exit_code(process: ForkProcess, deadline: float) -> int | None:
    process.join(max(deadline - time.monotonic(), 0.1))
    process.kill()
    process.join()
    return process.exitcode

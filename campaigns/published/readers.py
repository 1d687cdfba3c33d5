"""Readers over kept connections; each answer is held against what had to be seen when it began."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from campaigns.published.apis import Address
from campaigns.published.board import Board
from campaigns.published.connections import Client, NoAnswer
from campaigns.published.judging import (
    Judge,
    Read,
    feed_of,
    list_of,
    post_by_id,
    post_by_name,
)
from campaigns.published.shapes import POPULAR, Shapes
from campaigns.published.writing import id_of

#: The share of the reads that popular posts get.
TO_POPULAR = 0.85
#: The share of the reads that goes to what was written last: where staleness would show.
TO_LATEST = 0.08
#: Shares of lists; each of them changes with every write or with many.
LISTS, OF_TAGS = 0.02, 0.6

#: Seconds between two looks whether something was written.
POLL = 0.001


@dataclass(frozen=True, slots=True)
class Chooser:
    """Chooses what to read next, as people do who read what is new, and what is popular."""

    shapes: Shapes
    board: Board
    chance: random.Random

    def choose(self) -> Read:
        """Return the next read."""
        return self.choose_of(self._post())

    def choose_of(self, post: int) -> Read:
        """Return a read that has to do with this post."""
        where = self.chance.random()
        if where < LISTS:
            return self._list(post)
        version = self.board.least(post)
        if where < 0.93:
            return post_by_name(post, self.shapes.name(version))
        if where < 0.97:
            return post_by_id(post, id_of(post))
        return post_by_name(post, 1 - self.shapes.name(version))

    def _post(self) -> int:
        where = self.chance.random()
        if where < TO_LATEST:
            return self.chance.choice(self.board.latest)
        if where < TO_LATEST + TO_POPULAR:
            return self.chance.randrange(POPULAR)
        return self.chance.randrange(self.shapes.posts)

    def _list(self, post: int) -> Read:
        tag = None
        if self.chance.random() < OF_TAGS:
            tag = self.shapes.tag(post, self.board.least(post))
        return feed_of(tag) if self.chance.random() < 0.3 else list_of(tag)


class Readers:
    """Reads from several processes until it is told to stop.

    Who reads what was just written rests for `rest` seconds after it.
    """

    def __init__(
        self, chooser: Chooser, judge: Judge, addresses: Sequence[Address], rest: float = 0.0
    ) -> None:
        self._chooser = chooser
        self._judge = judge
        self._addresses = addresses
        self._rest = rest
        #: Reads that were judged, and those that came from the cache.
        self.reads = 0
        self.hits = 0

    @property
    def broken(self) -> int:
        """Reads that broke the promise."""
        return sum(self._judge.found.counts.values())

    async def read(self, connections: int, go_on: Callable[[], bool]) -> None:
        """Read on so many connections to each process, and one more, while `go_on` says so."""
        places = [address for address in self._addresses for _ in range(connections)]
        reading = [self._read_on(place, go_on) for place in places]
        hurrying = [self._hurry_on(place, go_on) for place in self._addresses]
        await asyncio.gather(*reading, *hurrying)

    async def _read_on(self, address: Address, go_on: Callable[[], bool]) -> None:
        client = Client(address)
        while go_on():
            await self._read(client, self._chooser.choose())
        client.close()

    async def _hurry_on(self, address: Address, go_on: Callable[[], bool]) -> None:
        """Read what is written as soon as it is acknowledged: nobody could come any sooner."""
        board, client = self._chooser.board, Client(address)
        # What was written while the last read took its time is not new any more.
        seen = board.writes
        while go_on():
            if board.writes == seen:
                await asyncio.sleep(POLL)
            else:
                await self._read(client, self._chooser.choose_of(board.newest))
                await asyncio.sleep(self._rest)
                seen = board.writes
        client.close()

    async def _read(self, client: Client, read: Read) -> None:
        board = self._chooser.board
        least = board.all_least()
        try:
            answer = await client.get(read.target)
        except NoAnswer as error:
            self._judge.fail(read, str(error))
            return
        self._judge.judge(read, answer, least, board.all_most())
        self.reads += 1
        self.hits += answer.is_hit

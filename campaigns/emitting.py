"""Transactions that emit events, and some that are rolled back after they did."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from contextlib import suppress
from enum import IntEnum
from multiprocessing.context import ForkProcess

import uvloop
from sqlalchemy import insert, update

from campaigns.ledger.events import ThingHappened
from campaigns.ledger.models import Emission, Thing
from campaigns.ledger.subscribers import Vetoed
from campaigns.processes import FORK
from cms_core import CMS, Transaction, Unavailable, new_id

#: Transactions that one emitter has open at once, where the database allows.
AT_ONCE = 4


class Ending(IntEnum):
    """How a transaction ends. The weights below are in this order."""

    COMMIT = 0
    ABORTED = 1  # the block raises after it emitted
    VETOED = 2  # a subscriber refuses the commit
    SAVEPOINT = 3  # a part that emitted is undone, the rest is committed


WEIGHTS = (65, 12, 8, 15)


class Undone(Exception):
    """What is rolled back on purpose."""


class Emitters:
    """Processes that share the transactions to do; `ended` counts them by their ending."""

    def __init__(self, cms: CMS, chances: Sequence[random.Random], each: int, things: int) -> None:
        self._counts = FORK.RawArray("q", len(chances) * len(Ending))
        self._processes: list[ForkProcess] = []
        for number, chance in enumerate(chances):
            arguments = (cms, chance, each, things, number * len(Ending))
            process = FORK.Process(target=self._run, args=arguments, daemon=True)
            self._processes.append(process)

    def start(self) -> None:
        for process in self._processes:
            process.start()

    @property
    def running(self) -> bool:
        return any(process.is_alive() for process in self._processes)

    @property
    def ended(self) -> dict[Ending, int]:
        counts = list(self._counts)
        return {ending: sum(counts[ending :: len(Ending)]) for ending in Ending}

    @property
    def failed(self) -> int:
        """Emitters that did not come to their end."""
        return sum(process.exitcode != 0 for process in self._processes)

    def _run(self, cms: CMS, chance: random.Random, each: int, things: int, slot: int) -> None:
        uvloop.run(self._emit(cms, chance, each, things, slot))

    async def _emit(
        self, cms: CMS, chance: random.Random, each: int, things: int, slot: int
    ) -> None:
        work = [
            (chance.choices(list(Ending), WEIGHTS)[0], chance.randrange(things))
            for _ in range(each)
        ]

        async def some(mine: Sequence[tuple[Ending, int]]) -> None:
            for ending, thing in mine:
                await _transact(cms, thing, ending)
                self._counts[slot + ending] += 1

        await asyncio.gather(*(some(work[part::AT_ONCE]) for part in range(AT_ONCE)))
        await cms.close()


async def _transact(cms: CMS, thing: int, ending: Ending) -> None:
    async def work(session: Transaction) -> None:
        await _happen(session, thing, vetoed=ending is Ending.VETOED)
        if ending is Ending.ABORTED:
            raise Undone
        if ending is Ending.SAVEPOINT:
            with suppress(Undone):
                async with session.begin_nested():
                    await _happen(session, thing)
                    raise Undone

    with suppress(Undone, Vetoed):
        while True:
            # Where everybody wants to write, some are told to come back; what was committed, the
            # ledger knows.
            with suppress(Unavailable):
                return await cms.db.run(work)


async def _happen(session: Transaction, thing: int, *, vetoed: bool = False) -> None:
    counted = update(Thing).where(Thing.id == thing).values(number=Thing.number + 1)
    number = (await session.execute(counted.returning(Thing.number))).scalar_one()
    token = new_id()
    await session.execute(insert(Emission).values(token=token, thing=thing, number=number))
    session.emit(ThingHappened(thing, number, token, vetoed))

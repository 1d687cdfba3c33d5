"""A read that starts after an instant sees what was planned for it, with or without a worker."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import uvloop
from sqlalchemy import event

from campaigns.arena import Arena
from campaigns.books import judge_publications, read_books
from campaigns.campaign import Campaign, Engine, Outcome, Size
from campaigns.clients import serving, start_clock
from campaigns.crew import Crew, is_halted
from campaigns.planting import Planted, plant
from campaigns.progress import Bar, bar
from campaigns.reads import Reader, Tally
from cms_core import CMS

NO_WORKER, STOPPED_WORKER = "no-worker", "stopped-worker"
#: Reads are placed so far around the instant.
AROUND = 0.05
#: Seconds before the instant after which no read is placed that is to end before it.
MARGIN = 0.008
#: Of all reads, those that must lie on each side; a slow machine drags most across.
LEAST = {Size.CI: 0.02, Size.FULL: 0.1}
#: Seconds in which everything starts, before the first instant.
LEAD = 6.0
#: Seconds in which a worker comes to its transaction.
STOPPED_WITHIN = 0.4


@dataclass(frozen=True, slots=True)
class Load:
    #: Instants, and reads around each.
    instants: int
    reads: int
    #: The same with a worker that stands still in its transaction.
    stops: int
    stopped_reads: int


def run(arena: Arena, load: Load) -> Outcome:
    """Read around instants; in the second variant beside a worker stopped in its transaction."""
    tally = Tally()
    stops = 0
    if arena.variant == NO_WORKER:
        planted = asyncio.run(plant(arena.build(), _every(0.15, load.instants), lead=LEAD))
        uvloop.run(_read(arena, planted, tally, lambda r, b: _read_alone(r, b, load.reads)))
    else:
        # So far apart that readers can wait until they are refused.
        planted = asyncio.run(plant(arena.build(), _every(2.0, load.stops), lead=LEAD))
        stops = _read_beside_stopped_worker(arena, load, planted, tally)
    books = asyncio.run(read_books(arena.build()))
    tally.found.include(judge_publications(planted, books, {}))
    counts = tally.counts
    expected = load.reads * load.instants * LEAST[arena.assignment.size]
    floors: dict[str, float] = {"reads_before": expected, "reads_after": expected}
    if arena.variant == STOPPED_WORKER:
        floors = {"stops": load.stops // 2, "refused_reads": load.stopped_reads * load.stops // 10}
    return Outcome(
        cases=counts.total(),
        injected={"stops": stops, "refused_reads": counts["refused_reads"]},
        load={name: counts[name] for name in ("reads_before", "reads_across", "reads_after")},
        floors=floors,
        violations=tally.found.counts,
        examples=tally.found.examples,
    )


def _every(seconds: float, count: int) -> list[float]:
    return [number * seconds for number in range(count)]


async def _read(
    arena: Arena,
    planted: Sequence[Planted],
    tally: Tally,
    drive: Callable[[Reader, Bar], Awaitable[None]],
) -> None:
    """Start the API in this process and let `drive` read from it."""
    beside, cms = arena.build(), arena.build()
    async with serving(cms) as client:
        clock = await start_clock(beside)
        with bar("instants", len(planted)) as progress:
            await drive(Reader(client, clock, arena.chance("reads"), planted, tally), progress)
    await beside.close()


async def _read_alone(reader: Reader, progress: Bar, reads: int) -> None:
    async def around(post: Planted) -> None:
        moments = [post.due_at + _between(reader.chance, -AROUND, AROUND) for _ in range(reads)]
        await asyncio.gather(*(reader.read(post, at) for at in moments))
        progress.advance()

    await asyncio.gather(*(around(post) for post in reader.planted))
    # Chance may place all reads of the last ones before their instants: nobody publishes them then.
    last = max(reader.planted, key=lambda post: post.due_at)
    await reader.read(last, last.due_at + timedelta(seconds=AROUND))


def _read_beside_stopped_worker(
    arena: Arena, load: Load, planted: Sequence[Planted], tally: Tally
) -> int:
    """Return how often the worker stood still in its transaction while reads were done."""
    stops = 0

    async def drive(reader: Reader, progress: Bar) -> None:
        nonlocal stops
        for post in reader.planted:
            stops += await _read_while_stopped(reader, post, crew.pid(0), load.stopped_reads)
            progress.advance()

    cms = arena.build(jobs="scheduler:transitions")
    with Crew(cms, 1, prepare=_stop_after_publishing) as crew:
        crew.until_ready()
        uvloop.run(_read(arena, planted, tally, drive))
    return stops


async def _read_while_stopped(reader: Reader, post: Planted, worker: int, reads: int) -> bool:
    """Read before the instant, and when the worker holds the post locked and stands still.

    A few before only: a read that comes to its end after the instant publishes before the worker.
    """
    chance, due = reader.chance, post.due_at
    before = [due - _between(chance, MARGIN, AROUND) for _ in range(reads // 5)]
    early = [asyncio.create_task(reader.read(post, at)) for at in before]
    stopped = await _stands_still(reader, post, worker)
    after = [due + _between(chance, 0, AROUND) for _ in range(reads - len(before))]
    late = [reader.read(post, at) for at in after]
    await asyncio.gather(*early, *late)
    if stopped:
        os.kill(worker, signal.SIGCONT)
    # It goes on from where it stood; until its commit readers may be refused.
    while not await reader.read(post, due):
        pass
    return stopped


async def _stands_still(reader: Reader, post: Planted, worker: int) -> bool:
    await reader.clock.sleep_until(post.due_at)
    deadline = time.monotonic() + STOPPED_WITHIN
    while time.monotonic() < deadline:  # the kernel tells no event loop
        if is_halted(worker):
            return True
        await asyncio.sleep(0.001)
    return False


def _between(chance: random.Random, least: float, most: float) -> timedelta:
    return timedelta(seconds=chance.uniform(least, most))


def _stop_after_publishing(cms: CMS, number: int) -> None:
    """Let the worker stop itself when it has written what readers are to see, before it commits."""

    @event.listens_for(cms.db.writer.sync_engine, "after_cursor_execute")
    def stop(_: Any, __: Any, statement: str, *___: Any) -> None:
        if statement.startswith("INSERT INTO published_posts"):
            os.kill(os.getpid(), signal.SIGSTOP)


EXACT_READS = Campaign(
    name="exact-reads",
    promise="A read that starts 1 ms after an instant sees the post; none sees it before.",
    run=run,
    loads={
        (Size.CI, Engine.SQLITE): Load(40, 4, 4, 10),
        (Size.CI, Engine.POSTGRESQL): Load(40, 4, 4, 10),
        (Size.FULL, Engine.SQLITE): Load(200, 5, 50, 20),
        (Size.FULL, Engine.POSTGRESQL): Load(200, 5, 50, 20),
    },
    variants=(NO_WORKER, STOPPED_WORKER),
)

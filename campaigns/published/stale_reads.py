"""A read that begins after a commit was acknowledged, or seen by anybody, shows what it changed."""

from __future__ import annotations

import asyncio
import os
import time
from contextlib import ExitStack
from dataclasses import dataclass

import uvloop

from campaigns.arena import Arena
from campaigns.campaign import Campaign, Engine, Outcome, Size
from campaigns.progress import Bar, bar
from campaigns.published.apis import Apis
from campaigns.published.board import Board
from campaigns.published.disturbing import FAULTS, Disturber
from campaigns.published.judging import Judge
from campaigns.published.readers import Chooser, Readers
from campaigns.published.shapes import Shapes
from campaigns.published.writers import Writers
from campaigns.published.writing import plant_live

CALM, REDIS_FAULTS = "calm", "redis-faults"
SHAPES = Shapes(posts=60, tags=10)
#: How far readers, and the processes that answer them, stand back behind writers.
NICENESS = 3
#: Broken promises after which nobody needs more of them; of a planted fault, one.
ENOUGH = 5
#: So many times the reads are given to a planted fault, which mostly needs far fewer.
LONGER = 5
WRITERS = {Engine.POSTGRESQL: 2, Engine.SQLITE: 1}


@dataclass(frozen=True, slots=True)
class Load:
    """Reads are done until there were as many of everything as is asked for here."""

    processes: int
    #: To each process.
    connections: int
    reads: int
    writes: int
    #: Writes a second.
    pace: float
    #: Of the reads, those that must come from the cache where nothing disturbs it.
    hit_percent: float
    #: How often everything is done to Redis, where it is disturbed.
    rounds: int = 0
    #: Writes a second that there must have been.
    writes_per_second: float = 0
    #: Seconds for which those rest who read what was just written, which is never a hit.
    rest: float = 0.0


def run(arena: Arena, load: Load) -> Outcome:
    """Write and read at once; in the second variant, while everything happens to Redis."""
    shapes, board = SHAPES, Board(SHAPES.posts, WRITERS[arena.engine])
    asyncio.run(plant_live(arena.build(), shapes))
    judge = Judge(shapes, board.see)
    chances = [arena.chance(f"writer {number}") for number in range(WRITERS[arena.engine])]
    with ExitStack() as stack:
        disturber, url = _cache(arena, stack)
        feed = {"posts": {"feed_length": 100}}
        cms = arena.build(cache_url=url, plugin_settings=feed)
        apis = stack.enter_context(Apis(cms, load.processes, lambda cms: _stand_back(load)))
        writers = stack.enter_context(Writers(cms, shapes, board, chances, load.pace))
        chooser = Chooser(shapes, board, arena.chance("reads"))
        readers = Readers(chooser, judge, apis.addresses, load.rest)
        planted = arena.assignment.fault is not None
        goal = _Goal(load, readers, board, writers, disturber, planted)
        _stand_back(load)
        begun = time.monotonic()
        with bar("reads", load.reads) as progress:
            uvloop.run(readers.read(load.connections, lambda: goal.is_ahead(progress)))
        seconds = time.monotonic() - begun
        board.end()
    found = judge.outcome(arena.assignment.size)
    found.add("crashed", apis.crashed + writers.failed)
    disturbed = disturber is not None
    return Outcome(
        cases=readers.reads,
        injected=disturber.done if disturber else {},
        load={"writes": board.writes, "hits": readers.hits, "refused": judge.refused},
        floors={
            "writes": max(load.writes, load.writes_per_second * seconds),
            "hits": 0 if disturbed else load.hit_percent / 100 * readers.reads,
            **(dict.fromkeys(FAULTS, load.rounds) if disturbed else {}),
        },
        violations=found.counts,
        examples=found.examples,
        figures={
            "hit_percent": 100 * readers.hits / max(readers.reads, 1),
            "writes_per_second": board.writes / seconds,
            "reads_per_second": readers.reads / seconds,
        },
    )


def _stand_back(load: Load) -> None:
    # Readers ask again at once, and would leave the writers nothing of a small machine.
    if load.writes_per_second:
        os.nice(NICENESS)


def _cache(arena: Arena, stack: ExitStack) -> tuple[Disturber | None, str]:
    """Start the Redis that the processes share. On SQLite, where nothing disturbs it, without."""
    server = arena.redis()
    if arena.variant == REDIS_FAULTS:
        return stack.enter_context(Disturber(server, arena.chance("faults"))), server.url
    if arena.engine is Engine.SQLITE:
        return None, "memory://"
    stack.enter_context(server)
    return None, server.url


@dataclass(frozen=True, slots=True)
class _Goal:
    """What has to be reached before reading ends."""

    load: Load
    readers: Readers
    board: Board
    writers: Writers
    disturber: Disturber | None
    planted: bool

    def is_ahead(self, progress: Bar) -> bool:
        """Whether something is missing yet."""
        if self.readers.reads % 1000 == 0:
            progress.show(self.readers.reads)
        if not self.writers.running or self.readers.broken >= (1 if self.planted else ENOUGH):
            return False
        times = LONGER if self.planted else 1
        if self.readers.reads < self.load.reads * times or self.board.writes < self.load.writes:
            return True
        disturber = self.disturber
        return disturber is not None and disturber.running and disturber.rounds < self.load.rounds


STALE_READS = Campaign(
    name="stale-reads",
    promise="A read that begins after a commit shows what it changed, whatever the cache holds.",
    run=run,
    loads={
        (Size.CI, Engine.SQLITE): Load(2, 4, 1000, 100, 50, hit_percent=25, rounds=1),
        (Size.CI, Engine.POSTGRESQL): Load(3, 4, 1000, 150, 100, hit_percent=25, rounds=1),
        (Size.FULL, Engine.SQLITE): Load(2, 4, 200_000, 2000, 50, 80, rounds=10, rest=0.1),
        (Size.FULL, Engine.POSTGRESQL): Load(
            3, 4, 200_000, 5000, 120, hit_percent=80, rounds=10, writes_per_second=100, rest=0.1
        ),
    },
    variants=(CALM, REDIS_FAULTS),
)

"""Every planned post is published once, never early, whoever is killed meanwhile."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from campaigns.arena import Arena
from campaigns.books import judge_publications, lateness, read_books
from campaigns.campaign import Campaign, Engine, Outcome, Size
from campaigns.crew import Crew
from campaigns.observer import Observer
from campaigns.planting import plant
from campaigns.preloading import preload
from campaigns.progress import bar
from campaigns.stages import Stage

KILLS, CALM = "kills", "calm"
#: Of all posts, those that are due at a full second, as people plan them: many at once.
AT_FULL_SECONDS = 0.1
#: Of the kills inside a transaction that are asked for, as many are aimed at.
SURPLUS = 1.2
#: Seconds after the last instant in which the kills go on.
AFTERWARDS = 5.0
#: Seconds without any publication after which those that are missing count as lost.
PATIENCE = 30.0


@dataclass(frozen=True, slots=True)
class Load:
    posts: int
    #: The time over which they are due.
    seconds: float
    workers: int
    #: Seconds between two kills, and how many must hit an open transaction.
    kill_every: float
    kills_inside: int


def run(arena: Arena, load: Load) -> Outcome:
    """Plan posts, let workers publish them and be killed, watch, and read the books."""
    offsets = instants(arena.chance("instants"), load)
    lead = 3.0 + load.posts / 2000
    cms = arena.build(jobs="scheduler:transitions")
    asyncio.run(preload(cms))
    planted = asyncio.run(plant(arena.build(), offsets, lead=lead))
    with Crew(cms, load.workers) as crew, Observer(arena.build(), planted) as observer:
        crew.until_ready()
        seen = _watch(arena, load, lead, crew, observer)
    books = asyncio.run(read_books(arena.build()))
    found = judge_publications(planted, books, seen)
    found.add("crashed", crew.crashed)
    kills = {"kills": crew.kills.total(), "kills_inside": crew.kills_inside}
    return Outcome(
        cases=len(planted),
        injected={**kills, "kills_after_writing": crew.kills[Stage.WRITTEN]},
        load={"seen_live": len(seen)},
        floors={"kills_inside": load.kills_inside} if arena.variant == KILLS else {},
        violations=found.counts,
        examples=found.examples,
        figures=lateness(planted, seen),
    )


def instants(chance: random.Random, load: Load) -> list[float]:
    """When posts are due, in seconds after the first can be."""
    spread = [chance.uniform(0, load.seconds) for _ in range(load.posts)]
    return [round(at) if chance.random() < AT_FULL_SECONDS else round(at, 3) for at in spread]


def _watch(
    arena: Arena, load: Load, lead: float, crew: Crew, observer: Observer
) -> Mapping[UUID, datetime]:
    """Kill workers as long as posts are due, and look until every post was seen."""
    killer = _Killer(arena, load, lead, crew)
    seen, progressed = 0, time.monotonic() + lead + load.seconds
    with bar("posts", load.posts) as progress:
        while seen < load.posts and time.monotonic() < progressed + PATIENCE:
            time.sleep(0.005)
            crew.revive()
            if arena.variant == KILLS and killer.strikes():
                progress.show(seen, f"{crew.kills.total()} kills")
            if observer.seen > seen:
                seen, progressed = observer.seen, max(progressed, time.monotonic())
    return observer.finish()


class _Killer:
    """Kills a worker again and again, from the first instant until some time after the last."""

    def __init__(self, arena: Arena, load: Load, lead: float, crew: Crew) -> None:
        self._chance = arena.chance("kills")
        self._always_patient = arena.assignment.fault is not None
        self._load = load
        self._crew = crew
        self._begin = self._next = time.monotonic() + lead
        self._end = self._begin + load.seconds + AFTERWARDS

    def strikes(self) -> bool:
        """Kill, if it is time to."""
        now, load = time.monotonic(), self._load
        if not self._next <= now < self._end:
            return False
        # Only as often as it takes: who waits for a transaction is no random killer.
        wanted = SURPLUS * load.kills_inside * (now - self._begin) / load.seconds
        patient = self._always_patient or self._crew.kills_inside < wanted
        self._crew.kill(self._chance, patience=load.kill_every * 0.6 if patient else 0.0)
        self._next += load.kill_every
        return True


DUE_POSTS = Campaign(
    name="due-posts",
    promise="Every planned post is published once, never early, whoever is killed.",
    run=run,
    loads={
        (Size.CI, Engine.SQLITE): Load(150, 5, 2, kill_every=0.2, kills_inside=5),
        (Size.CI, Engine.POSTGRESQL): Load(400, 6, 4, kill_every=0.2, kills_inside=5),
        (Size.FULL, Engine.SQLITE): Load(2000, 60, 2, kill_every=0.2, kills_inside=100),
        (Size.FULL, Engine.POSTGRESQL): Load(10000, 60, 4, kill_every=0.2, kills_inside=100),
    },
    variants=(KILLS, CALM),
)

"""Only the database's clock counts: workers whose own clocks are wrong change nothing."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from datetime import timedelta

import time_machine

from campaigns.arena import Arena
from campaigns.books import judge_publications, lateness, read_books
from campaigns.campaign import Campaign, Engine, Outcome, Size
from campaigns.crew import Crew
from campaigns.observer import Observer
from campaigns.planting import plant
from campaigns.preloading import preload
from campaigns.processes import FORK
from campaigns.progress import bar
from cms_core import CMS

#: One worker has each of these; every worker is wrong.
SKEWS = tuple(timedelta(seconds=sign * of) for of in (3600, 86400) for sign in (1, -1))
LEAD = 6.0
PUBLISHED_WITHIN = 30.0


@dataclass(frozen=True, slots=True)
class Load:
    posts: int
    #: The time over which they are due.
    seconds: float


def run(arena: Arena, load: Load) -> Outcome:
    """Plan posts, let workers with wrong clocks publish them, watch, and read the books."""
    chance = arena.chance("instants")
    offsets = [chance.uniform(0, load.seconds) for _ in range(load.posts)]
    cms = arena.build(jobs="scheduler:transitions")
    asyncio.run(preload(cms))
    planted = asyncio.run(plant(arena.build(), offsets, lead=LEAD))
    apart = FORK.RawArray("d", len(SKEWS))

    def skew(cms: CMS, number: int) -> None:
        right = time.time()
        time_machine.travel(time.time() + SKEWS[number].total_seconds(), tick=True).start()
        apart[number] = time.time() - right

    with (
        Crew(cms, len(SKEWS), prepare=skew) as crew,
        Observer(arena.build(), planted) as observer,
        bar("posts", load.posts) as progress,
    ):
        crew.until_ready()
        deadline = time.monotonic() + LEAD + load.seconds + PUBLISHED_WITHIN
        while observer.seen < load.posts and time.monotonic() < deadline:
            time.sleep(0.1)
            progress.show(observer.seen)
        seen = observer.finish()
    books = asyncio.run(read_books(arena.build()))
    found = judge_publications(planted, books, seen)
    found.add("crashed", crew.crashed)
    return Outcome(
        cases=len(planted),
        injected={"skewed_workers": sum(abs(each) > 3000 for each in apart)},
        load={"seen_live": len(seen)},
        floors={"skewed_workers": len(SKEWS)},
        violations=found.counts,
        examples=found.examples,
        figures=lateness(planted, seen),
    )


CLOCKS = Campaign(
    name="clocks",
    promise="Workers whose clocks are wrong by an hour or a day change nothing.",
    run=run,
    loads={
        (Size.CI, Engine.SQLITE): Load(60, 4),
        (Size.CI, Engine.POSTGRESQL): Load(100, 4),
        (Size.FULL, Engine.SQLITE): Load(600, 30),
        (Size.FULL, Engine.POSTGRESQL): Load(2000, 30),
    },
    variants=("skewed",),
)

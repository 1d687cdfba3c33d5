"""Uploads that are acknowledged have their bytes, wherever the servers die."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass
from itertools import cycle

from campaigns.arena import Arena
from campaigns.campaign import Campaign, Engine, Outcome, Size
from campaigns.media.contents import new_name, put, sign_in
from campaigns.media.mortal import MortalApis, Step, warm_up
from campaigns.media.stored import judge_files, judge_rows, sweep_once
from campaigns.media.uploading import Told, Uploaders
from campaigns.progress import bar
from campaigns.violations import Violations
from cms_media.workshop import workshop_of

#: Accounts, each of which uploads one file after the other.
ACCOUNTS = 8
#: Seconds that a victim gets to come to the step at which it is to die.
PATIENCE = 3.0
#: Seconds between two kills, at most.
PAUSE = 0.1
KINDS = (
    "lost",
    "without_bytes",
    "rows_missing",
    "rows_changed",
    "orphans_left",
    "unfinished_left",
    "crashed",
)


@dataclass(frozen=True, slots=True)
class Load:
    processes: int
    uploads: int
    kills: int


def run(arena: Arena, load: Load) -> Outcome:
    """Upload while servers die; look at every file; sweep once and look again."""
    cms, found = arena.build(), Violations(*KINDS)
    accounts = [sign_in(cms, f"uploader {number}") for number in range(ACCOUNTS)]
    asyncio.run(warm_up(cms, put(new_name(arena.chance("first")), b"A first one.", accounts[0])))
    with MortalApis(cms, load.processes) as apis:
        uploaders = Uploaders(
            [(host, port) for host, port in apis.addresses], arena.chance("uploads"), load.uploads
        )
        uploaders.start(accounts)
        _kill(apis, uploaders, arena.chance("kills"), load)
        told = uploaders.told()
    orphans = asyncio.run(_look(arena, told, found))
    found.include(told.found)
    found.add("crashed", apis.crashed)
    return Outcome(
        cases=len(told.files),
        injected={
            "kills": apis.kills.total(),
            **{f"kills_{step.name.lower()}": apis.kills[step] for step in Step},
        },
        load={"acknowledged": len(told.files), "orphans": orphans, **told.counts},
        floors={
            "kills": load.kills,
            **{f"kills_{step.name.lower()}": load.kills // 12 for step in Step},
            "acknowledged": load.uploads // 2,
            "orphans": load.kills // 6,
        },
        violations=found.counts,
        examples=found.examples,
    )


def _kill(apis: MortalApis, uploaders: Uploaders, chance: random.Random, load: Load) -> None:
    """Let one process after the other die, of each step in turn, as long as there are uploads."""
    steps = cycle(Step)
    with bar("kills", load.kills) as progress:
        while uploaders.running:
            apis.await_ready(min(2, load.processes))
            apis.kill(chance.choice(apis.ready), next(steps), uploaders.over, PATIENCE)
            kills = apis.kills.total()
            uploaders.permit(kills / load.kills)
            progress.show(kills, f"{uploaders.done} uploads")
            # What comes between two kills is to be worth it.
            if uploaders.done / load.uploads < kills / load.kills:
                uploaders.over.poll(PAUSE)


async def _look(arena: Arena, told: Told, found: Violations) -> int:
    cms = arena.build()
    storage = workshop_of(cms).storage
    await judge_files(cms, storage, told.files, found)
    await judge_rows(cms, storage, found)
    orphans = await sweep_once(cms, storage, found)
    await cms.close()
    return orphans


UPLOADS = Campaign(
    name="uploads",
    promise="Every acknowledged upload has its bytes, no row is without; a sweep leaves no orphan.",
    run=run,
    loads={
        (Size.CI, Engine.SQLITE): Load(3, uploads=40, kills=12),
        (Size.CI, Engine.POSTGRESQL): Load(3, uploads=40, kills=12),
        (Size.FULL, Engine.SQLITE): Load(3, uploads=3000, kills=300),
        (Size.FULL, Engine.POSTGRESQL): Load(3, uploads=3000, kills=300),
    },
    variants=("kills",),
)

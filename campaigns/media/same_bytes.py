"""Equal bytes are stored once, as long as a file consists of them and no longer."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from dataclasses import dataclass

import uvloop

from campaigns.arena import Arena
from campaigns.campaign import Campaign, Engine, Outcome, Size
from campaigns.crew import Crew
from campaigns.media.churning import Churn
from campaigns.media.contents import sign_in
from campaigns.media.stored import (
    files_of,
    judge_files,
    judge_rows,
    keys_of,
    objects_of,
    undelivered,
)
from campaigns.progress import bar
from campaigns.published.apis import Apis
from campaigns.violations import Violations
from cms_core.testing.drivers import WorkerDriver
from cms_media.workshop import workshop_of

PROCESSES = 2
#: Each has an account of its own: those of one account wait for one another.
CLIENTS = 16
KINDS = (
    "lost",
    "without_bytes",
    "rows_missing",
    "rows_changed",
    "dangling",
    "leaked",
    "twice",
    "undelivered",
    "crashed",
)


@dataclass(frozen=True, slots=True)
class Load:
    operations: int


def run(arena: Arena, load: Load) -> Outcome:
    """Upload and delete the same contents while what was dropped is taken away; then look."""
    cms, found = arena.build(), Violations(*KINDS)
    accounts = [sign_in(cms, f"client {number}") for number in range(CLIENTS)]
    with ExitStack() as stack:
        apis = stack.enter_context(Apis(cms, PROCESSES))
        crew = stack.enter_context(Crew(arena.build(jobs="core:outbox"), 1))
        crew.until_ready()
        progress = stack.enter_context(bar("operations", load.operations))
        addresses = [(host, port) for host, port in apis.addresses]
        churn = Churn(arena.chance("operations"), addresses)
        uvloop.run(churn.go_on(accounts, load.operations, progress))
    contents = asyncio.run(_look(arena, churn, found))
    found.include(churn.found)
    found.add("crashed", apis.crashed + crew.crashed)
    counts = churn.counts
    return Outcome(
        cases=counts["uploads"] + counts["deletions"],
        load={**counts, "living": len(churn.living), "contents": contents},
        floors={
            "uploads": load.operations // 3,
            "deletions": load.operations // 6,
            "last_deletions": load.operations // 20,
            "contents": 1,
        },
        violations=found.counts,
        examples=found.examples,
    )


async def _look(arena: Arena, churn: Churn, found: Violations) -> int:
    """Deliver what is left, and compare; returns how many contents living files have."""
    cms = arena.build()
    storage = workshop_of(cms).storage
    await WorkerDriver(cms).run("core:outbox")
    found.add("undelivered", await undelivered(cms))
    await judge_files(cms, storage, churn.living, found)
    await judge_rows(cms, storage, found)
    objects, keys = await objects_of(storage), await keys_of(cms)
    files = (await files_of(cms)).values()
    contents, used = ({each.sha256 for each in files}, {each.key for each in files})
    found.add("dangling", len(keys - objects))
    # Bytes of an upload that was told to come back later are left to the sweep.
    found.add("leaked", max(len(objects - keys) - churn.counts["refused"], 0))
    found.add("twice", len(used) - len(contents))
    found.add("leaked", len(keys - used))
    await cms.close()
    return len(contents)


SAME_BYTES = Campaign(
    name="same-bytes",
    promise="Equal bytes are stored once, as long as any file consists of them and no longer.",
    run=run,
    loads={
        (Size.CI, Engine.SQLITE): Load(300),
        (Size.CI, Engine.POSTGRESQL): Load(300),
        (Size.FULL, Engine.SQLITE): Load(10_000),
        (Size.FULL, Engine.POSTGRESQL): Load(10_000),
    },
    variants=("churn",),
)

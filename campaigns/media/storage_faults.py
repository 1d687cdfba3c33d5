"""Whatever S3 does wrong, answers are right or clean refusals, and nothing is lost or left."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from unittest.mock import patch

import uvloop

from campaigns.arena import Arena
from campaigns.campaign import Campaign, Engine, Outcome, Size
from campaigns.crew import Crew
from campaigns.media.authors import Author, acknowledged, hire, judge_recovery
from campaigns.media.contents import Contents
from campaigns.media.fault_proxy import FaultProxy
from campaigns.media.s3_server import STORAGE_URL, look_at, s3_server
from campaigns.media.stored import KINDS, judge_everything
from campaigns.progress import bar
from campaigns.published.apis import Apis
from campaigns.violations import Violations

PROCESSES = 2
#: Bytes of large files: they are sent in two parts, and read in three.
LARGE = (8_500_000, 12_000_000)
SMALL = 300_000
#: Files that an author has at most.
KEPT = 6
#: How often something is tried again when the faults are over.
PATIENCE = 20
#: What the log says of errors that nobody expected.
DEFECTS = ("request_failed", "upload_failed")


@dataclass(frozen=True, slots=True)
class Load:
    authors: int
    operations: int
    #: Seconds after which a storage gives a request up.
    timeout: float


def run(arena: Arena, load: Load) -> Outcome:
    """Upload, read and delete while S3 fails; then let it work again, and look at everything."""
    found = Violations(*KINDS, "not_recovered", "defects", "crashed")
    with (
        s3_server(arena.folder) as server,
        patch("cms_media.storage.bucket.TIMEOUT", load.timeout),
        FaultProxy(server, arena.chance("faults"), stall=load.timeout * 1.2) as proxy,
    ):
        look_at(proxy.address)
        cms = arena.build(media_storage_url=STORAGE_URL)
        apis = Apis(cms, PROCESSES)
        crew = Crew(arena.build(jobs="core:outbox", media_storage_url=STORAGE_URL), 1)
        contents = Contents(arena.chance("contents"), SMALL, LARGE)
        authors = hire(arena, cms, apis.addresses, contents, load.authors)
        with apis, crew:
            crew.until_ready()
            uvloop.run(_work(authors, proxy, load.operations, found))
        judging = arena.build(media_storage_url=STORAGE_URL)
        orphans = asyncio.run(judge_everything(judging, acknowledged(authors), found))
    seen = authors[0].seen
    found.include(seen.found)
    found.add("crashed", apis.crashed + crew.crashed)
    for line in arena.log_lines():
        if any(event in line for event in DEFECTS):
            found.note("defects", line[-400:])
    return Outcome(
        cases=load.operations,
        injected={"faults": sum(proxy.done.values()), **proxy.done},
        load={**seen.counts, "orphans": orphans},
        floors={
            "faults": load.operations // 10,
            **dict.fromkeys(proxy.done, load.operations // 1000),
            "uploads": load.operations // 5,
            "reads": load.operations // 5,
            "refused": load.operations // 100,
        },
        violations=found.counts,
        examples=found.examples,
    )


async def _work(
    authors: Sequence[Author], proxy: FaultProxy, operations: int, found: Violations
) -> None:
    begun = 0
    for author in authors:
        author.ending = 0.3

    async def act(author: Author) -> None:
        nonlocal begun
        while begun < operations:
            begun += 1
            await _act(author)
            progress.advance()

    with bar("operations", operations) as progress:
        proxy.begin()
        await asyncio.gather(*map(act, authors))
    await proxy.end()
    for author in authors:
        author.tries = PATIENCE
    await asyncio.gather(*(judge_recovery(author, SMALL, found) for author in authors))


async def _act(author: Author) -> None:
    drawn, kept = author.chance.random(), len(author.files)
    if not kept or (drawn < 0.4 and kept < KEPT):
        await author.upload()
    elif drawn < 0.5:
        await author.delete(author.chance.choice(author.files))
    else:
        await author.read()


STORAGE_FAULTS = Campaign(
    name="storage-faults",
    promise="Whatever S3 does wrong, answers are right or clean refusals; nothing is lost or left.",
    run=run,
    loads={
        (Size.CI, Engine.SQLITE): Load(6, 50, timeout=1.0),
        (Size.CI, Engine.POSTGRESQL): Load(6, 50, timeout=1.0),
        (Size.FULL, Engine.SQLITE): Load(16, 3000, timeout=10.0),
        (Size.FULL, Engine.POSTGRESQL): Load(16, 3000, timeout=10.0),
    },
    variants=("proxy",),
)

"""A full disk refuses uploads, spoils nothing, and is as good as new when there is room again."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import uvloop

from campaigns.arena import Arena
from campaigns.campaign import Campaign, Engine, Outcome, Size
from campaigns.crew import Crew
from campaigns.media.authors import Author, acknowledged, hire, judge_recovery
from campaigns.media.contents import Contents, text
from campaigns.media.replies import ask
from campaigns.media.small_disk import small_disk
from campaigns.media.stored import KINDS, judge_everything, undelivered
from campaigns.progress import bar
from campaigns.published.apis import Apis
from campaigns.violations import Violations
from campaigns.wire import Request
from cms_core import CMS
from cms_media.storage.keys import INCOMING

PROCESSES = 2
MIB = 1024 * 1024
#: The part of the disk that is free again when files were deleted, at least.
ROOM = 0.4
#: Seconds within which the worker has deleted their bytes.
FREED_WITHIN = 60
SMALL, LARGE = 1_000_000, (2_000_000,)
#: Small files that an author keeps.
KEPT = 2
#: Bytes of what must find room then, and none before.
SOME = 50_000
#: Refusals after which an author takes the disk for full.
ENOUGH = 4
OURS = ("half_files", "not_degraded", "accepted", "unreadable", "not_recovered", "crashed")


@dataclass(frozen=True, slots=True)
class Load:
    #: Size of the disk.
    mebibytes: int
    authors: int
    rounds: int


def run(arena: Arena, load: Load) -> Outcome:
    """Fill the disk and make room, over and over; then look at everything."""
    found, disk = Violations(*KINDS, *OURS), arena.settings.data / "uploads"
    with small_disk(disk, load.mebibytes * MIB):
        cms = arena.build()
        apis = Apis(cms, PROCESSES)
        crew = Crew(arena.build(jobs="core:outbox"), 1)
        contents = Contents(arena.chance("contents"), SMALL, LARGE)
        authors = hire(arena, cms, apis.addresses, contents, load.authors)
        with apis, crew:
            crew.until_ready()
            uvloop.run(_work(arena, authors, disk, load.rounds, found))
        asyncio.run(judge_everything(arena.build(), acknowledged(authors), found))
    seen = authors[0].seen
    found.include(seen.found)
    found.add("crashed", apis.crashed + crew.crashed)
    return Outcome(
        cases=seen.counts["uploads"] + seen.counts["refused"],
        injected={"times_full": load.rounds},
        load=dict(seen.counts),
        floors={
            "uploads": load.rounds * load.authors * 5,
            "refused": load.rounds * load.authors * ENOUGH,
            "reads": load.rounds * load.authors * 5,
        },
        violations=found.counts,
        examples=found.examples,
    )


async def _work(
    arena: Arena, authors: Sequence[Author], disk: Path, rounds: int, found: Violations
) -> None:
    cms = arena.build()
    for author in authors:
        author.refusal, author.tries = 507, 1
    with bar("rounds", rounds) as progress:
        for _ in range(rounds):
            await asyncio.gather(*map(_fill, authors))
            await _top_up(authors[0])
            await _look_while_full(authors, disk, found)
            await asyncio.gather(*map(_make_room, authors))
            await _await_room(cms, disk, found)
            await asyncio.gather(*(judge_recovery(author, SOME, found) for author in authors))
            progress.advance()
    await cms.close()


async def _fill(author: Author) -> None:
    """Upload until it was refused often enough, and read meanwhile."""
    refused = 0
    while refused < ENOUGH:
        refused += not await author.upload()
        await author.read()


async def _top_up(author: Author) -> None:
    """Upload less and less, until not even a byte finds room."""
    size = SMALL
    while size:
        content = text(author.chance, size)
        if not await author.upload_bytes(content):
            size //= 2


async def _look_while_full(authors: Sequence[Author], disk: Path, found: Violations) -> None:
    ready = await ask(authors[0].addresses[0], Request("/readyz"))
    if ready.status != 200 or "uploads" not in ready.json().get("degraded", ()):
        found.note("not_degraded", str(ready))
    for author in authors:
        for way in author.ways:
            if await way(text(author.chance, SOME)):
                found.note("accepted", f"{way.__name__} found room on a full disk")
        if not await author.read_all():
            found.note("unreadable", f"not each of {len(author.files)} files is read")
    for path in (disk / INCOMING).iterdir():
        found.note("half_files", f"{path.name}, {path.stat().st_size} bytes")


async def _make_room(author: Author) -> None:
    """Delete most files, and end most uploads that are under way."""
    kept = author.left.pop() if author.left else None
    await author.end_left()
    author.left = [kept] if kept else []
    for file in sorted(author.files, key=lambda file: len(file.content))[KEPT:]:
        await author.delete(file)


async def _await_room(cms: CMS, disk: Path, found: Violations) -> None:
    for _ in range(FREED_WITHIN * 20):
        if not await undelivered(cms):
            break
        await asyncio.sleep(0.05)
    status = os.statvfs(disk)
    if status.f_bavail < ROOM * status.f_blocks:
        found.note("not_recovered", f"only {status.f_bavail} of {status.f_blocks} blocks are free")


FULL_DISK = Campaign(
    name="full-disk",
    promise="A full disk refuses uploads, spoils nothing, and works again when there is room.",
    run=run,
    loads={
        (Size.CI, Engine.SQLITE): Load(24, authors=4, rounds=1),
        (Size.CI, Engine.POSTGRESQL): Load(24, authors=4, rounds=1),
        (Size.FULL, Engine.SQLITE): Load(64, authors=4, rounds=30),
        (Size.FULL, Engine.POSTGRESQL): Load(64, authors=4, rounds=30),
    },
    variants=("filling",),
)

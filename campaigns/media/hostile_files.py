"""Hostile files do no harm: not to the server that takes them, nor to those who look at them."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

import uvloop

from campaigns.arena import Arena
from campaigns.campaign import Campaign, Engine, Outcome, Size
from campaigns.media.contents import sign_in
from campaigns.media.hostile.classes import HANDMADE, MUTATED, specimens
from campaigns.media.hostile.memory import Memory
from campaigns.media.hostile.specimens import (
    CREATED,
    INVALID,
    TOO_LARGE,
    UNSUPPORTED,
    Specimen,
)
from campaigns.media.hostile.visitors import Seen, Visitor
from campaigns.progress import Bar, bar
from campaigns.published.apis import Apis

#: As many as the images that one process decodes at once: more would wait for each other.
CLIENTS = 2
#: Bytes that a process which decodes an image may have.
MOST_MEMORY = 200 * 1024 * 1024
_MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Load:
    """In each round every handmade kind of file is there once, each mutation so many times."""

    rounds: int
    mutations: int

    @property
    def files(self) -> int:
        """All files."""
        return self.rounds * (len(HANDMADE) + self.mutations * len(MUTATED))


def run(arena: Arena, load: Load) -> Outcome:
    """Upload hostile files; look at what is served, how long it takes, and how much memory."""
    cms, memory, seen = arena.build(), Memory(), Seen()
    account = sign_in(cms, "stranger")
    files = specimens(arena.chance("files"), load.rounds, load.mutations)
    with Apis(cms, 1, prepare=memory.attend) as apis, bar("files", load.files) as progress:
        (address,) = apis.addresses
        visitors = [
            Visitor(address, account, arena.chance(f"visitor {number}"), seen)
            for number in range(CLIENTS)
        ]
        uvloop.run(_visit(visitors, files, memory, progress))
    seen.found.add("crashed", apis.crashed)
    seen.found.add("demanding", max(memory.told, memory.decoders) > MOST_MEMORY)
    # In the size of CI nothing depends on how fast a machine is.
    for late in seen.late if arena.assignment.size is Size.FULL else ():
        seen.found.note("late", late)
    return _outcome(load, memory, seen)


async def _visit(
    visitors: list[Visitor], files: Iterator[tuple[str, Specimen]], memory: Memory, progress: Bar
) -> None:
    watching = asyncio.create_task(memory.watch())
    await asyncio.gather(*(visitor.visit(files, progress) for visitor in visitors))
    watching.cancel()
    with suppress(asyncio.CancelledError):
        await watching


def _outcome(load: Load, memory: Memory, seen: Seen) -> Outcome:
    statuses: Counter[str] = Counter()
    for (_, status), count in seen.statuses.items():
        statuses["files" if status == CREATED else f"refused_{status}"] += count
    return Outcome(
        cases=seen.kinds.total(),
        injected=dict(seen.kinds),
        load={
            **statuses,
            **seen.counts,
            "decoder_told_mib": memory.told / _MIB,
            "decoder_seen_mib": memory.decoders / _MIB,
        },
        floors={
            **dict.fromkeys(HANDMADE, load.rounds),
            **dict.fromkeys(MUTATED, load.rounds * load.mutations),
            "files": load.files // 5,
            f"refused_{UNSUPPORTED}": 2 * load.rounds,
            f"refused_{INVALID}": load.files // 10,
            f"refused_{TOO_LARGE}": load.rounds,
            "pictures_200": load.files // 5,
            # Of what is large in any case.
            "decoder_told_mib": 100,
            "decoder_seen_mib": 100,
        },
        violations=seen.found.counts,
        examples=seen.found.examples,
        figures={
            "slowest_s": seen.slowest,
            "api_seen_mib": memory.api / _MIB,
            **{
                f"{kind}_{status}": float(count)
                for (kind, status), count in sorted(seen.statuses.items())
            },
        },
    )


HOSTILE_FILES = Campaign(
    name="hostile-files",
    promise="Hostile files are inert: none breaks, slows or fills the server, none runs anywhere.",
    run=run,
    loads={
        (Size.CI, Engine.SQLITE): Load(rounds=1, mutations=5),
        (Size.CI, Engine.POSTGRESQL): Load(rounds=1, mutations=5),
        (Size.FULL, Engine.SQLITE): Load(rounds=40, mutations=29),
        (Size.FULL, Engine.POSTGRESQL): Load(rounds=40, mutations=29),
    },
    variants=("all",),
)

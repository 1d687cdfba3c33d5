"""Who may not upload is refused before what he sends is read."""

from __future__ import annotations

import asyncio
import secrets
from collections import Counter
from dataclasses import dataclass, field

import uvloop

from campaigns.arena import Arena
from campaigns.campaign import Campaign, Engine, Outcome, Size
from campaigns.media.contents import sign_in
from campaigns.media.intruding import Intruder, Intrusion, Received
from campaigns.progress import bar
from campaigns.published.apis import Apis
from campaigns.violations import Violations
from cms_core import CMS
from cms_media.folder import uploads_folder
from cms_media.permissions import WRITE

#: Bytes that may be read of somebody who is refused, before his answer and after it.
MOST = 1024 * 1024
TOGETHER = 4


@dataclass(frozen=True, slots=True)
class Load:
    bodies: int


@dataclass(slots=True)
class Seen:
    """What became of the bodies."""

    found: Violations = field(
        default_factory=lambda: Violations("accepted", "read", "stored", "failed", "crashed")
    )
    statuses: Counter[int] = field(default_factory=Counter)
    #: The most that was read of one body before it was refused, and after.
    most: Counter[str] = field(default_factory=Counter)


def run(arena: Arena, load: Load) -> Outcome:
    """Send bodies of 1 GB without rights; see what was read of them and what is on the disk."""
    cms, received, seen = arena.build(), Received(), Seen()
    kinds = [
        (401, ()),
        (401, (("Authorization", f"Bearer test-{secrets.token_hex(8)}"),)),
        (403, sign_in(cms, "reader", *(_all(cms) - {WRITE}))),
    ]
    with Apis(cms, 1, prepare=received.count) as apis:
        host, port = apis.addresses[0]
        intruder = Intruder((host, port), kinds)
        uvloop.run(_intrude(intruder, received, load, seen))
    seen.found.add("crashed", apis.crashed)
    folder = uploads_folder(arena.settings)
    for path in folder.rglob("*") if folder else ():
        if path.is_file():
            seen.found.note("stored", f"{path.name}, {path.stat().st_size} bytes")
    return Outcome(
        cases=seen.statuses.total(),
        injected=dict(intruder.left),
        load={f"refused_{status}": seen.statuses[status] for status in (401, 403)},
        floors={
            "refused_401": load.bodies // 5,
            "refused_403": load.bodies // 10,
            "stubborn": load.bodies // 5,
        },
        violations=seen.found.counts,
        examples=seen.found.examples,
        figures={name: float(most) for name, most in seen.most.items()},
    )


def _all(cms: CMS) -> set[str]:
    return set(cms.contributions.permissions)


async def _intrude(intruder: Intruder, received: Received, load: Load, seen: Seen) -> None:
    left = load.bodies

    async def go_on() -> None:
        nonlocal left
        while left > 0:
            left -= 1
            done = await intruder.intrude()
            _judge(done, *received.take(done.port), seen)
            progress.advance()

    with bar("bodies", load.bodies) as progress:
        await asyncio.gather(*(go_on() for _ in range(TOGETHER)))


def _judge(done: Intrusion, before: int, after: int, seen: Seen) -> None:
    status = done.status
    seen.statuses[status] += 1
    kind = "most_after_kept" if done.keeps else "most_after_closed"
    seen.most |= Counter({"most_before": before, kind: after})
    if status != done.expected:
        seen.found.note(
            "accepted" if 200 <= status < 300 else "failed",
            f"{status} instead of {done.expected}",
        )
    if before + after > MOST:
        seen.found.note("read", f"{before} bytes were read before {status}, {after} after it")


UNAUTHORISED = Campaign(
    name="unauthorised",
    promise="Of who may not upload, less than a MiB is read, and nothing is stored.",
    run=run,
    loads={
        (Size.CI, Engine.SQLITE): Load(10),
        (Size.CI, Engine.POSTGRESQL): Load(10),
        (Size.FULL, Engine.SQLITE): Load(200),
        (Size.FULL, Engine.POSTGRESQL): Load(200),
    },
    variants=("bodies",),
)

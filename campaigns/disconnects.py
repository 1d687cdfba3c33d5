"""Clients who leave at any moment take nothing from the others and leave nothing behind."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

import uvloop

from campaigns.archives import Shelf, open_accounts, store
from campaigns.arena import Arena, plugins
from campaigns.campaign import Campaign, Engine, Outcome, Size
from campaigns.gauges import GAUGES
from campaigns.leaving import LONGS, SLOW, Honest, Leaver
from campaigns.progress import bar
from campaigns.published.apis import Apis
from campaigns.sites import shared_cache
from campaigns.violations import Violations
from campaigns.wire import Address, Request, Wire
from cms_core import CMS, Transaction, build_cms
from cms_core.db.clock import read_clock
from cms_posts import scopes

POSTS = 30
#: The part of all leavers who leave before anything is measured: pools and tables fill.
WARM = 0.2
#: Answers of honest clients per leaver; the slower the machine, the fewer come in between.
LEAST_HONEST = 0.2
#: Seconds between two changes, each of which makes some answers outdated.
CHANGE_EVERY = 0.02
#: Seconds within which everything that leavers have begun must have ended.
SETTLED_WITHIN = 30.0
#: Files that may be opened after the measure: connections of pools that were never all in use.
ROOM = {"files": 80}
KINDS = ("tasks", "connections", "sockets", "files")


@dataclass(frozen=True, slots=True)
class Load:
    leavers: int
    together: int = 40
    honest: int = 8


@dataclass(slots=True)
class Seen:
    """What the clients have seen."""

    found: Violations = field(
        default_factory=lambda: Violations("foreign", "unanswered", "crashed", "errors", *KINDS)
    )
    left: Counter[str] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)
    before: dict[str, int] = field(default_factory=dict)
    after: dict[str, int] = field(default_factory=dict)


def run(arena: Arena, load: Load) -> Outcome:
    """Leave an API process of its own again and again; see what it holds before and after."""
    seen = Seen()
    with ExitStack() as stack:
        settings = stack.enter_context(shared_cache(arena))
        cms = build_cms(settings, [*plugins(), GAUGES])
        slugs = asyncio.run(_fill(arena, arena.build()))
        apis = stack.enter_context(Apis(cms, 1))
        address = apis.addresses[0]
        uvloop.run(_visit(arena, load, (address[0], address[1]), slugs, seen))
    seen.found.add("crashed", apis.crashed)
    for line in arena.log_lines():
        if '"level": "error"' in line:  # who leaves is no error of ours
            seen.found.note("errors", f"{line[:150]} … {line[-300:]}")
    moments = {f"left_{name}": count for name, count in seen.left.items()}
    more = {f"more_{name}": float(seen.after[name] - seen.before[name]) for name in KINDS}
    return Outcome(
        cases=seen.left.total(),
        injected={"disconnects": seen.left.total(), **moments},
        load={name: seen.answers[name] for name in ("answered", "hits", "unavailable")},
        floors={
            "disconnects": load.leavers,
            "answered": load.leavers * LEAST_HONEST,
            "hits": load.leavers // 20,
            **dict.fromkeys(("left_amid_answer", "left_long_after"), load.leavers // 50),
        },
        violations=seen.found.counts,
        examples=seen.found.examples,
        figures=more,
    )


async def _fill(arena: Arena, cms: CMS) -> list[str]:
    authors = await open_accounts(cms, ["Ada"])
    shelf = Shelf(["art", "sea"], authors, months=3)
    now = await cms.db.run(read_clock)
    posts = [shelf.post(arena.chance("posts"), number, now) for number in range(POSTS)]
    await store(cms, posts)
    await cms.close()
    return [post.head.slug for post in posts]


async def _visit(
    arena: Arena, load: Load, address: Address, slugs: Sequence[str], seen: Seen
) -> None:
    warm = int(load.leavers * WARM)
    await _crowd(arena, load, address, slugs, seen, warm)
    seen.before = await _settled(address, None)
    await _crowd(arena, load, address, slugs, seen, load.leavers)
    seen.after = await _settled(address, seen.before)
    for name, excess in _excess(seen.before, seen.after).items():
        if excess > 0:
            seen.found.note(name, f"{seen.after[name]} are left, {seen.before[name]} before")


async def _crowd(
    arena: Arena, load: Load, address: Address, slugs: Sequence[str], seen: Seen, leavers: int
) -> None:
    """Let so many leave, many at once, beside honest clients and changes."""
    posts = [f"/api/v1/posts/{slug}" for slug in slugs]
    leaver = Leaver(address, arena.chance("leavers"), [*posts, "/api/v1/posts", "/feed.atom"])
    honest = [
        Honest(address, arena.chance(f"honest {number}"), slugs, seen.found)
        for number in range(load.honest)
    ]
    with bar("leavers", leavers) as progress:

        async def leave() -> None:
            while leaver.left.total() < leavers or _answered(honest) < leavers * LEAST_HONEST:
                await leaver.leave()
                progress.advance()

        beside = [asyncio.create_task(_ask_on(each)) for each in honest]
        beside.append(asyncio.create_task(_change(arena, slugs)))
        await asyncio.gather(*(leave() for _ in range(load.together)))
    for task in beside:
        task.cancel()
    for outcome in await asyncio.gather(*beside, return_exceptions=True):
        if not isinstance(outcome, asyncio.CancelledError):
            raise RuntimeError("a client or the writer failed") from outcome
    seen.left += leaver.left
    for each in honest:
        seen.answers += each.answers
        each.close()


def _answered(honest: Sequence[Honest]) -> int:
    return sum(each.answers["answered"] for each in honest)


async def _ask_on(honest: Honest) -> None:
    while True:
        await honest.ask()


async def _change(arena: Arena, slugs: Sequence[str]) -> None:
    """Make answers outdated, a few at a time."""
    cms, chance = arena.build(), arena.chance("changes")
    names = [f"gauges:{each.rpartition('/')[2]}" for each in (*SLOW, *LONGS)]
    try:
        while True:
            some = [scopes.of_post(chance.choice(slugs)), chance.choice(names), scopes.POSTS]

            async def work(session: Transaction, some: Sequence[str] = some) -> None:
                session.touch(*some)

            await cms.db.run(work)
            await asyncio.sleep(CHANGE_EVERY)
    finally:
        await cms.close()


async def _settled(address: Address, before: dict[str, int] | None) -> dict[str, int]:
    """What the process holds when it has come to rest: no more than before, if it can be."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + SETTLED_WITHIN
    wire = Wire(address)
    last: dict[str, int] = {}
    while True:
        present: dict[str, int] = json.loads((await wire.ask(Request("/api/v1/gauges"))).body)
        at_rest = present == last if before is None else not _grown(before, present)
        if at_rest or loop.time() > deadline:
            wire.close()
            return present
        last = present
        await asyncio.sleep(0.7)


def _excess(before: dict[str, int], after: dict[str, int]) -> dict[str, int]:
    return {name: after[name] - before[name] - ROOM.get(name, 0) for name in KINDS}


def _grown(before: dict[str, int], after: dict[str, int]) -> bool:
    return any(excess > 0 for excess in _excess(before, after).values())


DISCONNECTS = Campaign(
    name="disconnects",
    promise="Clients who leave take nothing from the others, and leave nothing behind.",
    run=run,
    loads={
        (Size.CI, Engine.SQLITE): Load(500),
        (Size.CI, Engine.POSTGRESQL): Load(500),
        (Size.FULL, Engine.SQLITE): Load(20_000),
        (Size.FULL, Engine.POSTGRESQL): Load(20_000),
    },
    variants=("any-moment",),
)

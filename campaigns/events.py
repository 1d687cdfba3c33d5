"""Events are neither lost nor invented, whoever is killed, fails or hangs."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from uuid import UUID

from sqlalchemy import func, insert, select

from campaigns.arena import Arena
from campaigns.campaign import Campaign, Engine, Outcome, Size
from campaigns.crew import Crew
from campaigns.emitting import Emitters, Ending
from campaigns.ledger.models import Emission, Thing
from campaigns.ledger.subscribers import RECEIVERS, Note, read_notes
from campaigns.progress import bar
from campaigns.violations import Violations
from cms_core import CMS
from cms_core.db.outbox import OutboxRow
from cms_core.outbox import outbox_jobs
from cms_core.outbox.policy import Policy

#: Quick to give up and to come back, so that a minute holds many failures; nothing is parked.
POLICY = Policy(
    timeout=0.4,
    lease=timedelta(seconds=1.5),
    attempts=1000,
    first_pause=timedelta(milliseconds=20),
    longest_pause=timedelta(milliseconds=300),
    grace=1.0,
)
EMITTERS = 2
#: Seconds after the last commit in which everything must have been delivered.
DELIVERED_WITHIN = 120.0


@dataclass(frozen=True, slots=True)
class Load:
    transactions: int
    things: int
    dispatchers: int
    #: Seconds between two kills, and how many there must have been.
    kill_every: float
    kills: int


def run(arena: Arena, load: Load) -> Outcome:
    """Emit, disturb the delivery, wait until nothing is left in the outbox, and look."""
    cms = _with_quick_deliveries(arena)
    asyncio.run(_create_things(arena.build(), load.things))
    chances = [arena.chance(f"emitter {number}") for number in range(EMITTERS)]
    emitters = Emitters(arena.build(), chances, load.transactions // EMITTERS, load.things)
    begun = time.monotonic()
    with Crew(cms, load.dispatchers) as crew:
        crew.until_ready()
        emitters.start()
        _disturb(arena, load, crew, emitters)
        waiting = _await_empty_outbox(arena.build(), crew)
    committed = asyncio.run(_read_emissions(arena.build()))
    notes = read_notes(cms)
    violations = judge(committed, notes)
    violations.add("undelivered", waiting)
    violations.add("crashed", crew.crashed + emitters.failed)
    ended = emitters.ended
    told, done = (sum(note.what == what for note in notes) for what in ("told", "done"))
    return Outcome(
        cases=sum(ended.values()),
        injected={
            "kills": crew.kills.total(),
            "rollbacks": ended[Ending.ABORTED] + ended[Ending.VETOED] + ended[Ending.SAVEPOINT],
            "unfinished_deliveries": told - done,
        },
        load={"committed_events": len(committed), "deliveries": done},
        floors={
            "kills": load.kills,
            "rollbacks": load.transactions // 5,
            "unfinished_deliveries": load.transactions // 10,
        },
        violations=violations.counts,
        examples=violations.examples,
        figures={"seconds": time.monotonic() - begun},
    )


def judge(committed: Mapping[UUID, tuple[int, int]], notes: Sequence[Note]) -> Violations:
    """Compare what was committed (token → thing, number) with what each receiver noted."""
    found = Violations("lost", "invented", "out_of_order", "unstable_ids")
    ids: dict[UUID, set[UUID]] = defaultdict(set)
    for note in notes:
        ids[note.token].add(note.event_id)
    for token in ids.keys() - committed.keys():
        found.note("invented", f"{token} was rolled back and delivered")
    for token, known in ids.items():
        if len(known) > 1:
            found.note("unstable_ids", f"{token} was told under {len(known)} ids")
    for receiver in (each.key for each in RECEIVERS):
        told, done = _firsts(notes, receiver, "told"), _firsts(notes, receiver, "done")
        for token in committed.keys() - done.keys():
            found.note("lost", f"{token} never reached {receiver}")
        for earlier, later in _neighbours(committed):
            if earlier in done and later in told and told[later] < done[earlier]:
                found.note("out_of_order", f"{receiver} got {later} before {earlier}")
    return found


def _firsts(notes: Sequence[Note], receiver: str, what: str) -> dict[UUID, int]:
    """Where each token is first noted so by the receiver."""
    places: dict[UUID, int] = {}
    for place, note in enumerate(notes):
        if note.receiver == receiver and note.what == what:
            places.setdefault(note.token, place)
    return places


def _neighbours(committed: Mapping[UUID, tuple[int, int]]) -> Iterator[tuple[UUID, UUID]]:
    """Every two events that followed each other on one thing."""
    by_thing: dict[int, list[tuple[int, UUID]]] = defaultdict(list)
    for token, (thing, number) in committed.items():
        by_thing[thing].append((number, token))
    for happened in by_thing.values():
        yield from pairwise(token for _, token in sorted(happened))


def _with_quick_deliveries(arena: Arena) -> CMS:
    cms = arena.build(jobs="core:outbox:")
    subscribers = [cms.db.subscribers.eventual(each.key) for each in RECEIVERS]
    cms.contributions.jobs = outbox_jobs([each for each in subscribers if each], POLICY)
    return cms


def _disturb(arena: Arena, load: Load, crew: Crew, emitters: Emitters) -> None:
    """Kill dispatchers while events are emitted, and go on until there were enough kills."""
    chance = arena.chance("kills")
    next_kill = time.monotonic() + load.kill_every
    with bar("transactions", load.transactions) as progress:
        while emitters.running or crew.kills.total() < load.kills:
            time.sleep(0.02)
            progress.show(sum(emitters.ended.values()), f"{crew.kills.total()} kills")
            crew.revive()
            if time.monotonic() >= next_kill:
                crew.kill(chance, patience=load.kill_every / 2)
                next_kill += load.kill_every


def _await_empty_outbox(cms: CMS, crew: Crew) -> int:
    """Return how many deliveries are left when nothing is, or the time is over."""
    deadline = time.monotonic() + DELIVERED_WITHIN
    first = left = asyncio.run(_count_waiting(cms))
    with bar("last deliveries", first) as progress:
        while left and time.monotonic() < deadline:
            time.sleep(0.3)
            crew.revive()
            left = asyncio.run(_count_waiting(cms))
            progress.show(first - left)
    return left


async def _create_things(cms: CMS, things: int) -> None:
    rows = [{"id": number, "number": 0} for number in range(things)]
    await cms.db.run(lambda session: session.execute(insert(Thing), rows))
    await cms.close()


async def _count_waiting(cms: CMS) -> int:
    async with cms.db.snapshot() as session:
        waiting = (await session.execute(select(func.count(OutboxRow.id)))).scalar_one()
    await cms.close()
    return waiting


async def _read_emissions(cms: CMS) -> dict[UUID, tuple[int, int]]:
    async with cms.db.snapshot() as session:
        rows = await session.execute(select(Emission.token, Emission.thing, Emission.number))
        found = {token: (thing, number) for token, thing, number in rows}
    await cms.close()
    return found


EVENTS = Campaign(
    name="events",
    promise="Each committed event reaches each receiver, in order; none of a rollback does.",
    run=run,
    loads={
        (Size.CI, Engine.SQLITE): Load(300, 40, 2, kill_every=0.5, kills=8),
        (Size.CI, Engine.POSTGRESQL): Load(300, 40, 2, kill_every=0.5, kills=8),
        (Size.FULL, Engine.SQLITE): Load(5000, 200, 2, kill_every=1.0, kills=30),
        (Size.FULL, Engine.POSTGRESQL): Load(5000, 200, 3, kill_every=1.0, kills=30),
    },
    variants=("kills",),
)

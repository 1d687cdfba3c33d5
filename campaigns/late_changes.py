"""An acknowledged cancel, move or edit is obeyed, however close to the instant it comes."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import uvloop
from httpx2 import AsyncClient
from sqlalchemy import func, select

from campaigns.arena import Arena
from campaigns.books import read_books
from campaigns.campaign import Campaign, Engine, Outcome, Size
from campaigns.changes import FAR, SOON, WEIGHTS, Answered, Change, Kind, judge_changes, understand
from campaigns.clients import Clock, serving, start_clock
from campaigns.crew import Crew
from campaigns.planting import Planted, plant
from campaigns.preloading import preload
from campaigns.progress import bar
from cms_core import CMS, db_now
from cms_posts.models import PostRevision, PostTransition

#: Requests are sent so far around the instant.
AROUND = 0.1
#: They are sent that much earlier at most, because of the way, which is learnt in such steps.
MOST_AHEAD = 1.0
STEP = 0.005
#: Of all that can come too late, those that must, and those that must not; a slow machine has
#: hardly learnt how long the way is when it is over.
LEAST = {Size.CI: 0.03, Size.FULL: 0.2}
#: Seconds in which everything starts.
LEAD = 6.0
#: Seconds after the last request in which what is due is waited for.
PATIENCE = 60

Answers = list[tuple[Change, Answered]]


@dataclass(frozen=True, slots=True)
class Load:
    changes: int
    #: Posts that are due at the same instant, and seconds between two instants.
    together: int
    every: float
    workers: int


def run(arena: Arena, load: Load) -> Outcome:
    """Send changes while workers publish, and compare what happened with what was answered."""
    cms = arena.build(jobs="scheduler:transitions")
    asyncio.run(preload(cms))
    chance = arena.chance("changes")
    offsets = [number // load.together * load.every for number in range(load.changes)]
    *planted, far = asyncio.run(
        plant(arena.build(), [*offsets, FAR.total_seconds()], lead=LEAD, revisions=2)
    )
    kinds = chance.choices(list(WEIGHTS), list(WEIGHTS.values()), k=load.changes)
    changes = [Change(post, kind) for post, kind in zip(planted, kinds, strict=True)]
    with Crew(cms, load.workers) as crew:
        crew.until_ready()
        answers = uvloop.run(_send(arena, changes, chance, far))
    books = asyncio.run(read_books(arena.build()))
    titles = asyncio.run(_read_titles(arena.build()))
    found = judge_changes(answers, books, titles)
    found.add("crashed", crew.crashed)
    published = sum(post.post_id in books.publications for post in planted)
    races = Counter(answered for change, answered in answers if change.kind is not Kind.EDIT)
    least = LEAST[arena.assignment.size] * races.total()
    return Outcome(
        cases=len(answers),
        injected={},
        load={**{str(each): races[each] for each in Answered}, "published": published},
        floors={"obeyed": least, "too late": least},
        violations=found.counts,
        examples=found.examples,
    )


async def _send(
    arena: Arena, changes: Sequence[Change], chance: random.Random, far: Planted
) -> Answers:
    """Send every change around its instant; return what each was answered."""
    beside = arena.build()
    answers: Answers = []
    async with serving(arena.build()) as client:
        for kind in reversed(Kind):
            await Change(far, kind).send(client)  # so that the first ones are as quick as the rest
        clock = await start_clock(beside)
        with bar("changes", len(changes)) as progress:
            sender = _Sender(client, clock, chance)

            async def send(change: Change) -> None:
                answers.append((change, await sender.send(change)))
                progress.advance()

            await asyncio.gather(*map(send, changes))
        await _settle(beside)
    await beside.close()
    return answers


class _Sender:
    """Sends changes so that they meet their posts around their instants."""

    def __init__(self, client: AsyncClient, clock: Clock, chance: random.Random) -> None:
        self._client = client
        self._clock = clock
        self._chance = chance
        #: Seconds from sending a request to the lock of its post, where the race is decided.
        self._ahead = 0.05

    async def send(self, change: Change) -> Answered:
        offset = self._chance.uniform(-AROUND, AROUND)
        arrival = change.post.due_at + timedelta(seconds=offset)
        await self._clock.sleep_until(arrival - timedelta(seconds=MOST_AHEAD))
        await asyncio.sleep(MOST_AHEAD - self._ahead)
        answered = understand(await change.send(self._client))
        if change.kind is not Kind.EDIT:  # which is never too late
            self._learn(answered)
        return answered

    def _learn(self, answered: Answered) -> None:
        # How long the way is depends on the machine; as many shall come too late as in time.
        if answered is Answered.TOO_LATE:
            self._ahead = min(self._ahead + STEP, MOST_AHEAD)
        elif answered is Answered.OBEYED:
            self._ahead = max(self._ahead - STEP, 0.0)


async def _settle(cms: CMS) -> None:
    """Wait until what was postponed is due, and nothing is overdue any more."""
    await asyncio.sleep(SOON.total_seconds())
    overdue = select(func.count(PostTransition.id)).where(PostTransition.try_at <= db_now())
    for _ in range(PATIENCE):
        async with cms.db.snapshot() as session:
            if not (await session.execute(overdue)).scalar_one():
                return
        await asyncio.sleep(1)


async def _read_titles(cms: CMS) -> dict[tuple[UUID, int], str]:
    async with cms.db.snapshot() as session:
        edited = select(PostRevision.post_id, PostRevision.number, PostRevision.title)
        rows = await session.execute(edited.where(PostRevision.number == 3))
        titles = {(id, number): title for id, number, title in rows}
    await cms.close()
    return titles


LATE_CHANGES = Campaign(
    name="late-changes",
    promise="An acknowledged cancel, move or edit is obeyed, however late it comes.",
    run=run,
    loads={
        (Size.CI, Engine.SQLITE): Load(120, together=4, every=0.4, workers=2),
        (Size.CI, Engine.POSTGRESQL): Load(120, together=4, every=0.4, workers=4),
        (Size.FULL, Engine.SQLITE): Load(5000, together=4, every=0.25, workers=2),
        (Size.FULL, Engine.POSTGRESQL): Load(5000, together=4, every=0.25, workers=4),
    },
    variants=("around",),
)

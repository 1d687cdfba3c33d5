"""What comes from the cache is what comes without it: every answer, beside a twin without one."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import uvloop

from campaigns.arena import Arena, plugins
from campaigns.campaign import Campaign, Engine, Outcome, Size
from campaigns.histories import History, Names
from campaigns.progress import bar
from campaigns.questions import Questions
from campaigns.sites import Desk, served, shared_cache, sign_in
from campaigns.violations import Violations
from campaigns.wire import Answer, NoAnswer, Request, Wire
from cms_core import CMS, build_cms
from cms_core.db.parts import Parts
from cms_core.moments import Moments, T, View, Work
from cms_core.settings import Settings

#: Headers that tell of the way of an answer, not of what it says.
OF_THE_WAY = frozenset({"age", "cache-status", "date"})
#: Who asks at the same time.
ASKERS = 6
#: Seconds after an instant in which everybody's clock has passed it.
MARGIN = 0.02
FIRST_POSTS = 30
#: How often a question is put that is answered 503.
_PATIENCE = 5
#: Of all answers, those that must come from the cache, and those of kinds that are easily missed.
LEAST_HITS = 0.2
LEAST_OF_A_KIND = 0.002


@dataclass(frozen=True, slots=True)
class Load:
    comparisons: int
    #: Questions after each change.
    batch: int


def run(arena: Arena, load: Load) -> Outcome:
    """Change something, ask both sites the same, compare; again and again."""
    with shared_cache(arena) as settings:
        return uvloop.run(_compare(arena, settings, load))


async def _compare(arena: Arena, settings: Settings, load: Load) -> Outcome:
    cached = build_cms(settings, plugins())
    uncached = _without_cache(settings)
    names, tally = Names(), Tally()
    async with served(cached) as here, served(uncached) as there:
        desk = Desk(here, sign_in(cached))
        # Imports come from another process: nothing of them is known to the site with the cache.
        history = History(arena.chance("history"), desk, uncached, names)
        await history.begin(FIRST_POSTS)
        questions = Questions(arena.chance("questions"), names)
        twins = [(Wire(here), Wire(there)) for _ in range(ASKERS)]
        comparer = Comparer(twins, questions, tally)
        with bar("comparisons", load.comparisons) as progress:
            while tally.compared < load.comparisons:
                await _wait_for(await history.step(), comparer, load.batch)
                await comparer.compare(load.batch)
                progress.show(tally.compared)
        desk.close()
        comparer.close()
    return _outcome(history, tally, load)


def _without_cache(settings: Settings) -> CMS:
    """A site on the same database that keeps neither answers nor parts of them.

    It reads in transactions, where the other goes without as far as it can.
    """
    apart = {"cache_bytes": 0, "cache_url": "memory://"}
    cms = build_cms(settings.model_copy(update=apart), plugins())
    cms.catch_up._moments = _Transactions(cms.db, cms.catch_up.lookout)
    return cms


class _Transactions(Moments):
    """Reads in real transactions alone, and keeps no part of an answer for the next."""

    async def view(self, work: Work[T]) -> View[T]:
        self._parts = Parts()
        return await self._in_snapshot(work)


async def _wait_for(planned: datetime | None, comparer: Comparer, batch: int) -> None:
    """Keep answers from before the instant, and let it pass."""
    if planned is not None:
        await comparer.warm(batch // 2)
        left = (planned - datetime.now(UTC)).total_seconds()
        await asyncio.sleep(max(left, 0.0) + MARGIN)


def _outcome(history: History, tally: Tally, load: Load) -> Outcome:
    tally.found.add("failed", len(history.failed))
    seen = tally.seen
    hits = seen["hits"] / max(tally.compared, 1)
    kinds = ("not_modified", "moved", "compressed", "not_found", "refused")
    least = dict.fromkeys(kinds, LEAST_OF_A_KIND * load.comparisons)
    return Outcome(
        cases=tally.compared,
        injected={"changes": history.made.total() - history.made["refused"]},
        load={
            "comparisons": tally.compared,
            "hit_ratio": hits,
            **{kind: seen[kind] for kind in (*kinds, "unavailable")},
        },
        floors={"comparisons": load.comparisons, "hit_ratio": LEAST_HITS, **least},
        violations=tally.found.counts,
        examples=[*tally.found.examples, *history.failed[:3]],
    )


class Tally:
    """What was compared, and what differed."""

    def __init__(self) -> None:
        self.found = Violations("status", "body", "headers", "failed", "unanswered")
        self.compared = 0
        self.seen: Counter[str] = Counter()

    def judge(self, request: Request, cached: Answer, uncached: Answer) -> None:
        """Hold two answers to the same question against each other."""
        self.compared += 1
        self._count(cached)
        for kind, difference in differences(cached, uncached):
            told = f"{request.method} {request.target} {request.headers[1:]}: {difference}"
            self.found.note(kind, told[:600])
        if max(cached.status, uncached.status) >= 500:
            self.found.note("failed", f"{request.target} gave {cached.status}, {uncached.status}")

    def _count(self, answer: Answer) -> None:
        by_status = {304: "not_modified", 308: "moved", 404: "not_found", 422: "refused"}
        self.seen[by_status.get(answer.status, "others")] += 1
        self.seen["hits"] += answer.is_hit
        self.seen["compressed"] += bool(answer.header("content-encoding"))


def differences(cached: Answer, uncached: Answer) -> Iterator[tuple[str, str]]:
    """Yield in what two answers differ, and how."""
    if cached.status != uncached.status:
        yield "status", f"{cached.status}, not {uncached.status}"
        return
    if cached.body != uncached.body:
        yield "body", f"{cached.body[:200]!r}, not {uncached.body[:200]!r}"
    ours, theirs = _said(cached), _said(uncached)
    if ours != theirs:
        yield "headers", f"{sorted(ours - theirs)}, not {sorted(theirs - ours)}"


def _said(answer: Answer) -> set[tuple[str, str, int]]:
    """The headers that both answers must have, each with how often it is there."""
    counted = Counter(header for header in answer.headers if header[0] not in OF_THE_WAY)
    return {(name, value, count) for (name, value), count in counted.items()}


class Comparer:
    """Asks both sites."""

    def __init__(self, twins: list[tuple[Wire, Wire]], questions: Questions, tally: Tally) -> None:
        self._twins = twins
        self._questions = questions
        self._tally = tally

    async def compare(self, count: int) -> None:
        """Put so many questions to both, several at once."""
        requests = iter([self._questions.ask() for _ in range(count)])
        await asyncio.gather(*(self._work_off(requests, *twins) for twins in self._twins))

    async def warm(self, count: int) -> None:
        """Put questions to the site with the cache alone."""
        for _ in range(count):
            request = self._questions.ask()
            self._questions.learn(request, await self._twins[0][0].ask(request))

    async def _work_off(self, requests: Iterator[Request], here: Wire, there: Wire) -> None:
        for request in requests:
            try:
                cached, uncached = await self._ask(request, here, there)
            except NoAnswer as failure:
                self._tally.found.note("unanswered", str(failure)[:600])
            else:
                self._questions.learn(request, cached)
                self._tally.judge(request, cached, uncached)

    async def _ask(self, request: Request, here: Wire, there: Wire) -> tuple[Answer, Answer]:
        """Ask both, again when one has too much to do: a slow machine is no failure."""
        remaining = _PATIENCE
        while True:
            cached, uncached = await asyncio.gather(
                here.ask(request), there.ask(request), return_exceptions=True
            )
            if isinstance(cached, BaseException):
                raise NoAnswer(f"with a cache: {cached!r}")
            if isinstance(uncached, BaseException):
                raise NoAnswer(f"without a cache: {uncached!r}")
            remaining -= 1
            if 503 not in (cached.status, uncached.status) or not remaining:
                return cached, uncached
            self._tally.seen["unavailable"] += 1

    def close(self) -> None:
        """Close all connections."""
        for here, there in self._twins:
            here.close()
            there.close()


CACHED_UNCACHED = Campaign(
    name="cached-uncached",
    promise="An answer from the cache is the answer that would be made without it.",
    run=run,
    loads={
        (Size.CI, Engine.SQLITE): Load(500, batch=20),
        (Size.CI, Engine.POSTGRESQL): Load(500, batch=20),
        (Size.FULL, Engine.SQLITE): Load(50_000, batch=100),
        (Size.FULL, Engine.POSTGRESQL): Load(50_000, batch=100),
    },
    variants=("random",),
)

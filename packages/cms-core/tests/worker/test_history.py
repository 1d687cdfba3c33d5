"""What is kept of the runs of jobs, and what that costs."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import column, event, select

from cms_core.app import CMS
from cms_core.ids import new_id
from cms_core.jobs import Job
from cms_core.worker import Worker
from cms_core.worker.history import KEPT, PastRun, Run
from cms_core.worker.loop import LASTING
from cms_core.worker.runs import JobRun, begin_run, end_run
from cms_core.worker.schedule import Schedule


async def now(cms: CMS) -> datetime:
    async with cms.db.snapshot() as session:
        return await session.now()


async def history(cms: CMS, key: str = "big") -> list[PastRun]:
    of_job = select(PastRun).where(PastRun.key == key).order_by(PastRun.started_at)
    async with cms.db.snapshot() as session:
        return list(await session.scalars(of_job))


@contextmanager
def commits(cms: CMS) -> Iterator[list[object]]:
    """The transactions that were committed inside the block."""
    found: list[object] = []

    def note(connection: object) -> None:
        found.append(connection)

    event.listen(cms.db.writer.sync_engine, "commit", note)
    try:
        yield found
    finally:
        event.remove(cms.db.writer.sync_engine, "commit", note)


async def test_each_run_is_entered_with_its_worker_start_and_end(cms_app: CMS, big: Any) -> None:
    async def fail(_: CMS) -> bool:
        raise ZeroDivisionError("the clapper fell out")

    by_turn, by_itself = Worker(cms_app), Worker(cms_app)
    await by_turn.run_once()
    big.due_at, big.ring = await now(cms_app), fail
    await by_itself.run_once()

    first, second = await history(cms_app)
    assert [first.worker_id, second.worker_id] == [by_turn.id, by_itself.id]
    assert [first.error, second.error] == [None, "ZeroDivisionError: the clapper fell out"]
    for run, rung in zip((first, second), big.rung, strict=True):
        assert run.ended_at is not None
        assert run.started_at <= rung <= run.ended_at


async def test_what_is_due_costs_one_commit_after_it_has_run(
    cms_app: CMS, big: Any, working: Any, until: Any
) -> None:
    before_it_ran = None

    async def look(_: CMS) -> bool:
        nonlocal before_it_ran
        before_it_ran = len(found)
        return False

    async with working(cms_app, longest_sleep=0.2):
        await until(lambda: big.rung)
        await asyncio.sleep(0.5)
        with commits(cms_app) as found:
            big.due_at, big.ring = await now(cms_app), look
            await until(lambda: found)
            await asyncio.sleep(0.5)
    assert (before_it_ran, len(found)) == (0, 1)


async def test_a_run_that_lasts_is_entered_before_it_ends(
    cms_app: CMS, big: Any, working: Any
) -> None:
    goes_on = asyncio.Event()

    async def wait(_: CMS) -> bool:
        await goes_on.wait()
        return False

    await Worker(cms_app).run_once()
    big.due_at, big.ring = await now(cms_app), wait
    async with working(cms_app) as worker:
        await asyncio.sleep(LASTING + 1)
        _, entry = await history(cms_app)
        assert (entry.worker_id, entry.ended_at) == (worker.id, None)
        goes_on.set()
    assert (await history(cms_app))[1].ended_at is not None


async def test_a_run_of_a_dead_worker_stays_without_an_end(cms_app: CMS) -> None:
    async with cms_app.db.transaction() as session:
        await begin_run(session, Run("big", new_id(), await session.now()))
    await Worker(cms_app).run_once()
    (dead,) = await history(cms_app)
    assert dead.ended_at is None


async def test_only_the_last_runs_are_kept_whether_they_ended_or_not(cms_app: CMS) -> None:
    first = await now(cms_app)
    async with cms_app.db.transaction() as session:
        for number in range(KEPT + 7):
            run = Run("big", new_id(), first + timedelta(seconds=number))
            await begin_run(session, run)
            if number % 2:
                await end_run(session, run, None)
    kept = await history(cms_app)
    assert len(kept) == KEPT
    assert kept[0].started_at == first + timedelta(seconds=7)


async def test_a_short_run_that_began_earlier_does_not_turn_the_clock_back(cms_app: CMS) -> None:
    async with cms_app.db.transaction() as session:
        moment = await session.now()
        await begin_run(session, Run("big", new_id(), moment))
        await end_run(session, Run("big", new_id(), moment - timedelta(minutes=5)), None)
        (run,) = await session.scalars(select(JobRun).where(JobRun.key == "big"))
    assert run.started_at == moment


async def test_a_look_at_all_jobs_is_one_statement(cms_app: CMS, cms_query_count: Any) -> None:
    async def ring(_: CMS) -> bool:
        return False

    plain = [Job(f"plain-{number}", ring, every=timedelta(hours=1)) for number in range(3)]
    schedule = Schedule(cms_app, [*plain, *cms_app.contributions.jobs])
    with cms_query_count() as statements:
        assert len(await schedule.read()) == 3 + len(cms_app.contributions.jobs)
    assert len(statements) == 1


async def test_a_broken_due_select_is_left_out_of_the_next_looks(
    cms_app: CMS, cms_query_count: Any
) -> None:
    async def ring(_: CMS) -> bool:
        return False

    broken = Job("broken", ring, every=timedelta(hours=1), next_due=select(column("no_such")))
    schedule = Schedule(cms_app, [broken, *cms_app.contributions.jobs])
    await schedule.read()
    with cms_query_count() as statements:
        timings = await schedule.read()
    assert {timing.job.key for timing in timings} >= {"big", "small"}
    assert len(statements) == 1

"""When jobs run, what happens when they fail, and how the worker stops."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import column, select, text, update

from cms_core.app import CMS, build_cms
from cms_core.db.generations import Generation
from cms_core.db.wakeups import Wakeups
from cms_core.jobs import Job
from cms_core.worker import Worker
from cms_core.worker.history import PastRun
from cms_core.worker.loop import GRACE, LONGEST_SLEEP, ROLLBACK
from cms_core.worker.runs import JobRun


async def now(cms: CMS) -> datetime:
    async with cms.db.snapshot() as session:
        return await session.now()


async def run_of(cms: CMS, key: str) -> JobRun:
    async with cms.db.snapshot() as session:
        return (await session.scalars(select(JobRun).where(JobRun.key == key))).one()


async def pauses(cms: CMS) -> list[timedelta]:
    """The time between one start and the next of the big bell."""
    starts = select(PastRun.started_at).where(PastRun.key == "big").order_by(PastRun.started_at)
    async with cms.db.snapshot() as session:
        found = list(await session.scalars(starts))
    return [after - before for before, after in pairwise(found)]


async def execute(cms: CMS, statement: Any) -> None:
    async with cms.db.transaction() as session:
        await session.execute(statement)


async def test_a_job_runs_at_its_due_instant_and_not_before(
    cms_app: CMS, big: Any, working: Any, until: Any
) -> None:
    async with working(cms_app):
        await until(lambda: big.rung)
        big.due_at = due = await now(cms_app) + timedelta(seconds=0.5)
        await cms_app.wake()
        await until(lambda: len(big.rung) > 1)
    assert timedelta(0) <= big.rung[1] - due < timedelta(seconds=0.4)


async def test_a_job_runs_when_its_interval_is_over(
    cms_app: CMS, big: Any, small: Any, working: Any, until: Any
) -> None:
    big.every = timedelta(seconds=0.2)
    # Jobs are values: a CMS is built from what they are now.
    cms = build_cms(cms_app.settings, cms_app.contributions.plugins)
    async with working(cms):
        await until(lambda: len(big.rung) == 4)
    await cms.close()
    assert min(await pauses(cms_app)) >= timedelta(seconds=0.2)
    assert len(small.rung) == 1


async def test_workers_share_the_turns_of_a_job(
    cms_app: CMS, big: Any, working: Any, until: Any
) -> None:
    big.every = timedelta(seconds=0.3)
    several = [build_cms(cms_app.settings, cms_app.contributions.plugins) for _ in range(3)]
    async with working(several[0]), working(several[1]), working(several[2]):
        await until(lambda: len(big.rung) == 4)
    for cms in several:
        await cms.close()
    assert min(await pauses(cms_app)) >= timedelta(seconds=0.3)


async def test_a_job_that_has_more_to_do_runs_again_at_once(
    cms_app: CMS, big: Any, working: Any, until: Any
) -> None:
    async def more(_: CMS) -> bool:
        return len(big.rung) < 5

    big.ring = more
    async with working(cms_app):
        await until(lambda: len(big.rung) == 5)


async def test_a_failing_job_is_retried_and_holds_up_no_other(
    cms_app: CMS, big: Any, small: Any, working: Any, until: Any
) -> None:
    async def fail_twice(_: CMS) -> bool:
        if len(big.rung) < 3:
            raise ZeroDivisionError("the clapper fell out")
        return False

    big.ring = fail_twice
    async with working(cms_app):
        await until(lambda: small.rung and len(big.rung) == 1)
        await until(lambda: len(big.rung) == 3)
    assert big.rung[1] - big.rung[0] >= timedelta(seconds=0.5)
    assert big.rung[2] - big.rung[1] >= timedelta(seconds=1)


async def test_a_job_that_hangs_holds_up_no_other(
    cms_app: CMS, big: Any, small: Any, working: Any, until: Any
) -> None:
    async def hang(_: CMS) -> bool:
        await asyncio.Event().wait()
        return False

    big.ring = hang
    async with working(cms_app, grace=0.1):
        await until(lambda: big.rung and small.rung)
        small.due_at = await now(cms_app)
        await cms_app.wake()
        await until(lambda: len(small.rung) == 2)


async def test_the_course_of_a_job_is_recorded(cms_app: CMS, big: Any) -> None:
    async def fail(_: CMS) -> bool:
        raise ZeroDivisionError("the clapper fell out")

    worker = Worker(cms_app)
    await worker.run_once()
    well = await run_of(cms_app, "big")
    assert (well.failures, well.failed_at, well.last_error) == (0, None, None)
    assert well.succeeded_at is not None
    assert well.started_at <= well.succeeded_at

    big.ring = fail
    for failures in (1, 2):
        big.due_at = await now(cms_app)
        await Worker(cms_app).run_once()
        ill = await run_of(cms_app, "big")
        assert ill.failures == failures
    assert ill.last_error == "ZeroDivisionError: the clapper fell out"
    assert ill.failed_at is not None
    assert ill.failed_at >= ill.started_at > well.succeeded_at
    assert ill.succeeded_at == well.succeeded_at


async def test_once_runs_only_what_is_due(cms_app: CMS, big: Any, small: Any) -> None:
    await Worker(cms_app).run_once()
    small.due_at = await now(cms_app)
    await Worker(cms_app).run_once()
    assert (len(big.rung), len(small.rung)) == (1, 2)


async def test_a_run_that_a_dead_worker_left_is_made_up_for(cms_app: CMS, big: Any) -> None:
    await Worker(cms_app).run_once()
    killed = {"started_at": await now(cms_app) - timedelta(minutes=11)}
    await execute(cms_app, update(JobRun).values(killed | {"succeeded_at": None}))
    await Worker(cms_app).run_once()
    assert len(big.rung) == 2


async def test_a_hint_of_another_process_wakes_the_worker(
    cms_app: CMS, big: Any, working: Any, until: Any
) -> None:
    other = build_cms(cms_app.settings, cms_app.contributions.plugins)
    async with working(cms_app):
        await until(lambda: big.rung)
        await asyncio.sleep(0.2)
        big.due_at = await now(cms_app)
        async with other.db.transaction() as session:
            session.touch("posts")  # SQLite tells of commits, not of hints
        await other.wake()
        async with asyncio.timeout(2):
            await until(lambda: len(big.rung) == 2)
    await other.close()


async def test_a_lost_hint_costs_no_more_than_the_longest_sleep(
    cms_app: CMS, big: Any, working: Any, until: Any
) -> None:
    async with working(cms_app, longest_sleep=0.5):
        await until(lambda: big.rung)
        await asyncio.sleep(0.2)
        big.due_at = due = await now(cms_app)
        await until(lambda: len(big.rung) == 2)
    assert big.rung[1] - due < timedelta(seconds=0.9)


class Silence(Wakeups):
    """Hints that never arrive."""

    async def ring(self) -> None:
        """Tell nobody."""

    @asynccontextmanager
    async def listening(self, ring: Callable[[], None]) -> AsyncIterator[None]:
        yield


async def test_without_any_hints_what_becomes_due_runs_within_the_longest_sleep(
    cms_app: CMS, big: Any, working: Any, until: Any
) -> None:
    cms_app.db.wakeups = Silence(cms_app.db.writer, cms_app.db.reader)
    async with working(cms_app, longest_sleep=1.0):
        await until(lambda: big.rung)
        await asyncio.sleep(0.2)
        big.due_at = due = await now(cms_app)
        await cms_app.wake()
        await asyncio.sleep(0.2)
        assert len(big.rung) == 1
        await until(lambda: len(big.rung) == 2)
    assert big.rung[1] - due < timedelta(seconds=1.5)


def test_the_longest_sleep_and_the_longest_stop_are_as_promised() -> None:
    assert LONGEST_SLEEP <= 30
    assert GRACE + ROLLBACK < 10


async def test_a_job_that_stays_due_does_not_spin(
    cms_app: CMS, big: Any, working: Any, until: Any
) -> None:
    always = await now(cms_app)

    async def stay_due(_: CMS) -> bool:
        big.due_at = always
        return False

    big.due_at, big.ring = always, stay_due
    async with working(cms_app):
        await until(lambda: len(big.rung) >= 4)
        await asyncio.sleep(1)
    assert len(big.rung) < 10


async def test_a_broken_due_select_holds_up_no_other_job(
    cms_app: CMS, big: Any, working: Any, until: Any
) -> None:
    async def ring(_: CMS) -> bool:
        raise AssertionError("never due")

    broken = Job("broken", ring, every=timedelta(hours=1), next_due=select(column("no_such")))
    cms_app.contributions.jobs.insert(0, broken)
    async with working(cms_app):
        await until(lambda: big.rung)


async def test_the_worker_outlives_an_outage(
    cms_app: CMS, big: Any, working: Any, until: Any
) -> None:
    async with working(cms_app, longest_sleep=0.3):
        await until(lambda: big.rung)
        await execute(cms_app, text("ALTER TABLE job_runs RENAME TO gone"))
        await asyncio.sleep(0.8)
        await execute(cms_app, text("ALTER TABLE gone RENAME TO job_runs"))
        big.due_at = await now(cms_app)
        await until(lambda: len(big.rung) == 2)


@pytest.mark.parametrize("cms_engine", ["postgres"], indirect=True)
async def test_the_worker_outlives_a_server_that_throws_it_out(
    cms_app: CMS, big: Any, working: Any, until: Any
) -> None:
    throw_out = text(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    async with working(cms_app, longest_sleep=0.3):
        await until(lambda: big.rung)
        other = build_cms(cms_app.settings, cms_app.contributions.plugins)
        for _ in range(3):
            await execute(other, throw_out)
            await asyncio.sleep(0.2)
        big.due_at = await now(other)
        await other.close()
        await until(lambda: len(big.rung) == 2)


async def test_stopping_lets_a_running_job_finish(
    cms_app: CMS, big: Any, working: Any, until: Any
) -> None:
    finished = False

    async def take_time(_: CMS) -> bool:
        nonlocal finished
        await asyncio.sleep(0.3)
        finished = True
        return True  # there would be more, but the worker stops

    big.ring = take_time
    async with working(cms_app):
        await until(lambda: big.rung)
    assert finished
    assert len(big.rung) == 1
    assert (await run_of(cms_app, "big")).succeeded_at is not None


async def test_stopping_rolls_back_a_job_that_takes_too_long(
    cms_app: CMS, big: Any, working: Any, until: Any
) -> None:
    inside = asyncio.Event()

    async def hang_in_a_transaction(cms: CMS) -> bool:
        async with cms.db.transaction() as session:
            session.touch("posts")
            await session.complete()
            inside.set()
            await asyncio.Event().wait()
        return False

    big.ring = hang_in_a_transaction
    async with working(cms_app, grace=0.2):
        await inside.wait()
        stopping = time.monotonic()
    assert time.monotonic() - stopping < 3
    async with cms_app.db.snapshot() as session:
        assert (await session.scalars(select(Generation))).all() == []

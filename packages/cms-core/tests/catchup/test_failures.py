"""What can't be caught up with: readers see what is committed, and people are told."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import column, literal, select, text
from structlog.testing import capture_logs

from cms_core.catchup import CatchUp
from cms_core.db.types import Instant
from cms_core.jobs import Job

HOUR = timedelta(hours=1)
LATE = "what is due may be seen late: hatch"


def use(farm: Any, *more: Job, **options: Any) -> None:
    """Let readers catch up with more jobs, or with other options."""
    farm.cms.catch_up = CatchUp(farm.cms, [*more, *farm.cms.contributions.jobs], **options)


async def fail(_: Any) -> bool:
    raise ZeroDivisionError("addled")


async def fill_the_disk(session: Any) -> None:
    if session.get_bind().dialect.name == "sqlite":
        await session.execute(text("PRAGMA max_page_count = 1"))  # no more than there are
        await session.execute(text("CREATE TABLE hay AS SELECT zeroblob(1000000) AS bale"))
    else:
        full = "RAISE EXCEPTION 'no space left' USING ERRCODE = 'disk_full'"
        await session.execute(text(f"DO $$ BEGIN {full}; END $$"))


async def clear_the_disk(session: Any) -> None:
    if session.get_bind().dialect.name == "sqlite":
        await session.execute(text("PRAGMA max_page_count = 1073741823"))


async def become_a_standby(session: Any) -> None:
    await session.execute(text("SET TRANSACTION READ ONLY"))


async def lose_a_task(_: Any) -> None:
    task = asyncio.ensure_future(asyncio.sleep(1))
    task.cancel()
    await task


@pytest.mark.parametrize("failure", [fail, fill_the_disk, lose_a_task])
async def test_a_failure_does_not_keep_readers_from_what_is_committed(
    farm: Any, hatchery: Any, failure: Any
) -> None:
    await farm.lay(-1)
    hatchery.before = failure
    assert await farm.read() == (0, False)
    assert await farm.degradation() == LATE
    hatchery.before = clear_the_disk
    assert await farm.read() == (1, True)
    assert await farm.degradation() is None


@pytest.mark.parametrize("cms_engine", ["postgres"])
async def test_a_standby_can_be_read(farm: Any, hatchery: Any) -> None:
    await farm.lay(-1)
    hatchery.before = become_a_standby
    assert await farm.read() == (0, False)
    assert await farm.degradation() == LATE


async def test_a_failure_is_logged_once(farm: Any, hatchery: Any) -> None:
    await farm.lay(-1)
    hatchery.before = fail
    with capture_logs() as logs:
        await farm.read()
        await farm.read()
    assert [(entry["event"], entry["job"]) for entry in logs] == [("catch_up_failed", "hatch")]


async def test_readers_do_not_wait_for_ever(farm: Any, hatchery: Any) -> None:
    use(farm, patience=0.2)
    await farm.lay(-1)
    hatchery.before = lambda _: asyncio.Event().wait()
    assert await farm.read() == (0, False)
    assert await farm.degradation() == LATE


async def test_what_stays_due_is_tried_once(farm: Any) -> None:
    runs = []

    async def run(_: Any) -> bool:
        runs.append(1)
        return False

    long_ago = select(literal(datetime(2020, 1, 1, tzinfo=UTC), Instant()))
    use(farm, Job("stuck", run, HOUR, long_ago, before_reads=run))
    await farm.lay(-1)
    assert await farm.read() == (1, False)
    assert len(runs) == 1


@pytest.mark.parametrize(
    "next_due", [select(column("no_such")), select(literal(7)), select(text("1, 2"))], ids=str
)
async def test_a_job_that_can_not_say_when_it_is_due_harms_no_other(
    farm: Any, next_due: Any
) -> None:
    use(farm, Job("broken", fail, HOUR, next_due, before_reads=fail))
    await farm.lay(-1)
    assert await asyncio.gather(*(farm.read() for _ in range(5))) == [(1, False)] * 5
    assert await farm.degradation() == "what is due may be seen late: broken"


async def test_a_job_that_can_say_again_when_it_is_due_is_asked_again(
    farm: Any, hatchery: Any
) -> None:
    use(farm, pause=0.2)
    async with farm.neighbour.db.transaction() as session:
        await session.execute(text("ALTER TABLE eggs RENAME TO gone"))
    with suppress(Exception):
        await farm.read()
    assert await farm.degradation() == LATE
    async with farm.neighbour.db.transaction() as session:
        await session.execute(text("ALTER TABLE gone RENAME TO eggs"))
    await farm.lay(-1)
    await asyncio.sleep(0.2)
    assert await farm.read() == (1, True)
    assert await farm.degradation() is None

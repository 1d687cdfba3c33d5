"""A handler runs on one worker at a time, however long it takes, and a dead worker costs little."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from cms_core.app import CMS, build_cms
from cms_core.db.outbox import OutboxRow
from cms_core.outbox import Policy


@pytest.fixture
async def other(office: Any, cms_app: CMS) -> AsyncIterator[Any]:
    """The same outbox, seen from another process."""
    cms = build_cms(cms_app.settings, cms_app.contributions.plugins)
    yield replace(office, cms=cms)
    await cms.close()


def test_a_dead_worker_delays_its_deliveries_by_ten_seconds() -> None:
    assert Policy().lease <= timedelta(seconds=10)


async def test_a_handler_that_takes_longer_than_the_lease_keeps_it(
    office: Any, other: Any, post: Any
) -> None:
    async def take_time(*_: Any) -> None:
        await asyncio.sleep(4)

    post.carrier = take_time
    await office.write(("Paris", 1))
    lease = timedelta(seconds=2)
    first = asyncio.create_task(office.deliver(lease=lease))
    for _ in range(8):
        await asyncio.sleep(0.5)
        await other.deliver(lease=lease)
    await first
    assert [delivery.attempt for delivery in post.deliveries] == [1]
    assert post.of("carrier", "Paris") == [1]


async def test_a_handler_whose_lease_can_not_be_renewed_is_stopped_before_it_ends(
    office: Any, post: Any, cms_app: CMS
) -> None:
    started, stopped = asyncio.Event(), asyncio.Event()

    async def hang(*_: Any) -> None:
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()

    post.carrier = hang
    await office.write(("Paris", 1))
    delivering = asyncio.create_task(office.deliver(lease=timedelta(seconds=3)))
    await started.wait()
    async with cms_app.db.transaction() as session:
        # Whoever wants to write this row, or at all, has to wait.
        await session.execute(update(OutboxRow).values(event="x.Y"))
        await stopped.wait()
        (row,) = await office.rows()
        assert row.due_at > await session.now()
    with pytest.raises(ExceptionGroup) as failed:
        await delivering
    assert failed.group_contains(TimeoutError)


async def test_a_handler_whose_delivery_was_taken_by_another_is_stopped(
    office: Any, other: Any, post: Any, until: Any
) -> None:
    stopped: list[int] = []

    async def hang(_: Any, __: Any, delivery: Any) -> None:
        try:
            await asyncio.sleep(0 if delivery.attempt == 2 else 60)
        finally:
            stopped.append(delivery.attempt)

    post.carrier = hang
    await office.write(("Paris", 1))
    late = asyncio.create_task(office.deliver(lease=timedelta(seconds=3)))
    await until(lambda: post.deliveries)
    await office.make_due()
    await other.deliver()
    await late
    assert stopped == [2, 1]
    assert post.of("carrier", "Paris") == [1]

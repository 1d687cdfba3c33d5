"""What people may do about deliveries that do not arrive."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from cms_core.app import CMS
from cms_core.outbox import (
    DeliveryNotFound,
    DeliveryRunning,
    DeliveryState,
    deliveries,
    discard,
    hold_back,
    replay,
    retry,
)


async def fail(*_: Any) -> None:
    raise ConnectionRefusedError("nobody at home")


async def change(cms: CMS, intervention: Any, *args: Any, **options: Any) -> Any:
    async with cms.db.transaction() as session:
        return await intervention(session, *args, **options)


async def states(cms: CMS) -> list[str]:
    """The states of the carrier's deliveries, the oldest first."""
    async with cms.db.snapshot() as session:
        rows = await session.execute(deliveries(subscriber="carrier").order_by("id"))
        return [row.state for row in rows]


@asynccontextmanager
async def delivering(office: Any, post: Any) -> AsyncIterator[None]:
    """Inside the block the carrier is carrying."""
    started = asyncio.Event()

    async def hang(*_: Any) -> None:
        started.set()
        await asyncio.Event().wait()

    post.carrier = hang
    task = asyncio.create_task(office.deliver(grace=0))
    await started.wait()
    yield
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_replaying_makes_due_what_waited_behind_and_nothing_else(
    office: Any, post: Any, cms_app: CMS
) -> None:
    await office.write(("Paris", 1), ("Paris", 2), ("Rome", 1), ("Rome", 2))
    post.carrier = fail
    await office.deliver(attempts=1)
    assert await office.next_due() is None
    assert await change(cms_app, replay, ids=[(await office.rows())[0].id]) == 1
    post.carrier = None
    await office.deliver()
    assert (post.of("carrier", "Paris"), post.of("carrier", "Rome")) == ([1, 2], [])


async def test_replaying_starts_the_attempts_anew(office: Any, post: Any, cms_app: CMS) -> None:
    await office.write(("Paris", 1))
    post.carrier = fail
    await office.deliver(attempts=1)
    assert await change(cms_app, replay, event=(await office.rows())[0].event) == 1
    await office.deliver(attempts=2)
    assert [(row.attempts, row.due_at is None) for row in await office.rows()] == [(1, False)]


@pytest.mark.parametrize("attempts", [1, 30], ids=["parked", "resting"])
async def test_one_delivery_is_retried_at_once_with_what_waits_behind_it(
    office: Any, post: Any, cms_app: CMS, attempts: int
) -> None:
    await office.write(("Paris", 1), ("Paris", 2))
    post.carrier = fail
    await office.deliver(attempts=attempts, first_pause=timedelta(hours=1))
    head, behind = await office.rows()
    assert (head.due_at, behind.due_at) == (behind.due_at, head.due_at)
    await change(cms_app, retry, head.id)
    post.carrier = None
    await office.deliver()
    assert post.of("carrier", "Paris") == [1, 2]


@pytest.mark.parametrize("attempts", [1, 30], ids=["parked", "resting"])
async def test_a_discarded_delivery_never_arrives_and_the_next_does_at_once(
    office: Any, post: Any, cms_app: CMS, attempts: int
) -> None:
    await office.write(("Paris", 1), ("Paris", 2))
    post.carrier = fail
    await office.deliver(attempts=attempts, first_pause=timedelta(hours=1))
    await change(cms_app, discard, (await office.rows())[0].id)
    post.carrier = None
    await office.deliver()
    assert post.of("carrier", "Paris") == [2]
    assert post.of("pigeon", "Paris") == [1, 2]


@pytest.mark.parametrize("intervention", [retry, discard])
async def test_nothing_is_done_to_a_delivery_that_is_being_tried(
    office: Any, post: Any, cms_app: CMS, intervention: Any
) -> None:
    await office.write(("Paris", 1))
    async with delivering(office, post):
        (row,) = await office.rows()
        with pytest.raises(DeliveryRunning):
            await change(cms_app, intervention, row.id)
        assert await states(cms_app) == [DeliveryState.RUNNING]


@pytest.mark.parametrize("intervention", [retry, discard])
async def test_what_has_arrived_is_not_found(office: Any, cms_app: CMS, intervention: Any) -> None:
    await office.write(("Paris", 1))
    (row,) = await office.rows()
    await office.deliver()
    with pytest.raises(DeliveryNotFound):
        await change(cms_app, intervention, row.id)


async def test_ids_are_never_used_again(office: Any) -> None:
    await office.write(("Paris", 1))
    (before,) = await office.rows()
    await office.deliver()
    await office.write(("Rome", 1))
    (after,) = await office.rows()
    assert after.id > before.id


@pytest.mark.parametrize("intervention", ["replay", "retry", "discard"])
async def test_an_intervention_wakes_the_workers(
    office: Any, post: Any, cms_app: CMS, intervention: str
) -> None:
    await office.write(("Paris", 1))
    post.carrier = fail
    await office.deliver(attempts=1)
    (row,) = await office.rows()
    works = {"replay": replay, "retry": partial(retry, delivery_id=row.id)}
    works["discard"] = partial(discard, delivery_id=row.id)
    rung: list[bool] = []
    async with cms_app.db.wakeups.listening(lambda: rung.append(True)):
        await asyncio.sleep(0.3)  # the first ring is for what was said before
        rung.clear()
        await change(cms_app, works[intervention])
        assert rung


async def test_what_comes_in_behind_a_parked_delivery_does_not_look_due_for_long(
    office: Any, post: Any, cms_app: CMS, cms_worker: Any
) -> None:
    await office.write(("Paris", 1))
    post.carrier = fail
    await office.deliver(attempts=1)
    await office.write(("Paris", 2), ("Rome", 1))
    await cms_worker.run("core:prune")
    assert [row.due_at is None for row in await office.rows()] == [True, True, False]
    assert await states(cms_app) == ["parked", "waiting", "waiting"]
    await change(cms_app, replay)
    post.carrier = None
    await office.deliver()
    assert post.of("carrier", "Paris") == [1, 2]


async def test_a_delivery_replayed_while_it_is_held_back_leaves_nothing_behind(
    office: Any, post: Any, cms_app: CMS
) -> None:
    towns = [f"town-{number}" for number in range(20)]
    await office.write(*((town, 1) for town in towns))
    post.carrier = fail
    await office.deliver(attempts=1, at_once=20)
    await office.write(*((town, 2) for town in towns))
    await asyncio.gather(*(change(cms_app, each) for each in [hold_back, replay, hold_back]))
    post.carrier = None
    await office.deliver(at_once=20)
    assert all(post.of("carrier", town) == [1, 2] for town in towns)

"""Who gets what from the outbox, when, how often and in which order."""

import asyncio
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import update

from cms_core.app import CMS, build_cms
from cms_core.db.clock import db_now
from cms_core.db.outbox import OutboxRow
from cms_core.outbox import replay
from cms_core.worker import Worker


async def fail(*_: Any) -> None:
    raise ConnectionRefusedError("nobody at home")


async def fail_for_paris(_: Any, event: Any, __: Any) -> None:
    if event.town == "Paris":
        raise ConnectionRefusedError("nobody at home")


async def test_an_event_reaches_every_subscriber_once(office: Any, post: Any) -> None:
    await office.write(("Paris", 1))
    await office.deliver()
    await office.deliver()
    assert sorted(post.received) == [("carrier", "Paris", 1), ("pigeon", "Paris", 1)]
    assert await office.rows() == []


async def test_an_event_that_was_rolled_back_reaches_nobody(
    office: Any, post: Any, cms_app: CMS
) -> None:
    from_paris = post.plugin().module.register_subscribers()[0].event("Paris", 1)
    with suppress(ZeroDivisionError):
        async with cms_app.db.transaction() as session:
            session.emit(from_paris)
            await session.complete()
            raise ZeroDivisionError
    await office.deliver()
    assert post.received == []


async def test_events_of_one_aggregate_arrive_in_order(office: Any, post: Any) -> None:
    await office.write(*((town, number) for number in range(5) for town in ("Paris", "Rome")))
    await office.deliver()
    assert post.of("carrier", "Paris") == post.of("carrier", "Rome") == [0, 1, 2, 3, 4]


async def test_a_failure_holds_back_only_its_aggregate_and_subscriber(
    office: Any, post: Any
) -> None:
    post.carrier = fail_for_paris
    await office.write(("Paris", 1), ("Paris", 2), ("Rome", 1))
    await office.deliver()
    assert post.of("carrier", "Paris") == []
    assert post.of("carrier", "Rome") == [1]
    assert post.of("pigeon", "Paris") == [1, 2]


async def test_a_failed_delivery_is_tried_again_as_the_same_event(office: Any, post: Any) -> None:
    post.carrier = fail
    await office.write(("Paris", 1), ("Paris", 2))
    await office.deliver()
    post.carrier = None
    await office.make_due()
    await office.deliver()
    assert post.of("carrier", "Paris") == [1, 2]
    first, again, second = post.deliveries
    assert (first.event_id, first.attempt) == (again.event_id, again.attempt - 1)
    assert second.event_id != first.event_id


async def test_a_failed_delivery_waits_and_says_why(office: Any, post: Any) -> None:
    post.carrier = fail
    await office.write(("Paris", 1))
    for attempt in range(1, 4):
        await office.make_due()
        await office.deliver(first_pause=timedelta(seconds=100))
        (row,) = await office.rows()
        pause = row.due_at - row.created_at
        assert row.attempts == attempt
        assert row.last_error == "ConnectionRefusedError: nobody at home"
        assert timedelta(seconds=50 * 2 ** (attempt - 1)) <= pause
        assert pause <= timedelta(seconds=100 * 2 ** (attempt - 1) + 10)


async def test_what_a_failure_held_back_waits_with_it_and_comes_with_it(
    office: Any, post: Any, cms_app: CMS
) -> None:
    post.carrier = fail
    await office.write(("Paris", 1), ("Paris", 2), ("Paris", 3))
    await office.deliver()
    head, *others = await office.rows()
    assert {row.due_at for row in others} == {head.due_at}
    post.carrier = None
    async with cms_app.db.transaction() as session:
        due = update(OutboxRow).where(OutboxRow.id == head.id).values(due_at=db_now())
        await session.execute(due)
    await office.deliver()
    assert post.of("carrier", "Paris") == [1, 2, 3]


async def test_too_many_failures_park_a_delivery(office: Any, post: Any) -> None:
    post.carrier = fail_for_paris
    await office.write(("Paris", 1), ("Paris", 2), ("Rome", 1))
    for _ in range(3):
        await office.make_due()
        await office.deliver(attempts=2)
    assert [(row.attempts, row.due_at is None) for row in await office.rows()] == [
        (2, True),
        (0, True),
    ]
    assert post.of("carrier", "Rome") == [1]
    assert await office.next_due() is None


async def test_a_parked_delivery_is_replayed_and_then_what_it_held_back(
    office: Any, post: Any, cms_app: CMS
) -> None:
    post.carrier = fail
    await office.write(("Paris", 1), ("Paris", 2), ("Rome", 1))
    await office.deliver(attempts=1)
    post.carrier = None
    async with cms_app.db.transaction() as session:
        assert await replay(session, subscriber="pigeon") == 0
        assert await replay(session, event="nobody.Heard") == 0
        assert await replay(session, ids=[(await office.rows())[0].id]) == 1
    await office.deliver()
    assert (post.of("carrier", "Paris"), post.of("carrier", "Rome")) == ([1, 2], [])
    async with cms_app.db.transaction() as session:
        assert await replay(session) == 1
    await office.deliver()
    assert post.of("carrier", "Rome") == [1]


async def test_a_delivery_that_kills_its_worker_each_time_is_parked(office: Any, post: Any) -> None:
    started = asyncio.Event()

    async def hang(*_: Any) -> None:
        started.set()
        await asyncio.Event().wait()

    post.carrier = hang
    await office.write(("Paris", 1))
    for _ in range(2):
        delivering = asyncio.create_task(office.deliver(attempts=2, grace=0))
        await started.wait()
        started.clear()
        delivering.cancel()
        with suppress(asyncio.CancelledError):
            await delivering
        await office.make_due()
    await office.deliver(attempts=2)
    assert len(post.deliveries) == 2
    (row,) = await office.rows()
    assert row.due_at is None
    assert row.last_error.startswith("AttemptsExhausted")


async def test_deliveries_to_a_plugin_that_is_gone_wait_for_it(
    office: Any, post: Any, cms_app: CMS
) -> None:
    await office.write(("Paris", 1))
    without = build_cms(cms_app.settings, [])
    for subscriber in ("carrier", "pigeon"):
        (before,) = await office.rows(subscriber)
        await replace(office, cms=without).deliver()
        (after,) = await office.rows(subscriber)
        assert (after.attempts, after.due_at) == (0, before.due_at)
    await without.close()
    await office.deliver()
    assert post.of("carrier", "Paris") == [1]


async def test_an_event_that_can_not_be_read_is_a_failure(
    office: Any, post: Any, cms_app: CMS
) -> None:
    await office.write(("Paris", 1))
    async with cms_app.db.transaction() as session:
        await session.execute(update(OutboxRow).values(payload={"town": "Paris"}))
    await office.deliver()
    (row,) = await office.rows()
    assert (row.attempts, post.received) == (1, [])


async def test_a_handler_may_use_the_database(office: Any, post: Any) -> None:
    async def answer(cms: CMS, event: Any, _: Any) -> None:
        if event.number == 1:
            async with cms.db.transaction() as session:
                session.emit(replace(event, number=2))

    post.carrier = answer
    await office.write(("Paris", 1))
    await office.deliver()
    assert post.of("carrier", "Paris") == [1, 2]


async def test_a_handler_that_hangs_is_cut_off_and_delays_nobody(
    office: Any, post: Any, until: Any
) -> None:
    async def hang_in_paris(_: Any, event: Any, __: Any) -> None:
        if event.town == "Paris":
            await asyncio.Event().wait()

    post.carrier = hang_in_paris
    await office.write(("Paris", 1))
    delivering = asyncio.create_task(office.deliver(timeout=2.0))
    await until(lambda: post.deliveries and post.received)
    await asyncio.sleep(0.2)
    await office.write(("Rome", 1), ("Rome", 2))
    await until(lambda: post.of("carrier", "Rome") == [1, 2])
    assert (await office.rows())[0].last_error is None
    await delivering
    (row,) = await office.rows()
    assert (row.attempts, row.last_error) == (1, "TimeoutError")


async def test_deliveries_run_side_by_side_but_never_two_of_a_queue(office: Any, post: Any) -> None:
    running: list[str] = []
    most = 0

    async def take_time(_: Any, event: Any, __: Any) -> None:
        nonlocal most
        assert event.town not in running
        running.append(event.town)
        most = max(most, len(running))
        await asyncio.sleep(0.05)
        running.remove(event.town)

    post.carrier = take_time
    towns = ("Paris", "Rome", "Oslo", "Bern", "Riga")
    await office.write(*((town, number) for number in range(2) for town in towns))
    await office.deliver(at_once=3)
    assert most == 3
    assert all(post.of("carrier", town) == [0, 1] for town in towns)


async def test_two_workers_share_the_deliveries(office: Any, post: Any, cms_app: CMS) -> None:
    other = build_cms(cms_app.settings, cms_app.contributions.plugins)

    async def take_time(*_: Any) -> None:
        await asyncio.sleep(0.02)

    post.carrier = take_time
    await office.write(*((town, number) for number in range(5) for town in ("Paris", "Rome")))
    await asyncio.gather(office.deliver(), replace(office, cms=other).deliver())
    await other.close()
    assert post.of("carrier", "Paris") == post.of("carrier", "Rome") == [0, 1, 2, 3, 4]
    assert len(post.received) == 20


async def test_who_lost_the_lease_does_not_settle_for_the_other(
    office: Any, post: Any, cms_app: CMS, until: Any
) -> None:
    release = [asyncio.Event(), asyncio.Event()]

    async def wait_for_release(_: Any, __: Any, delivery: Any) -> None:
        await release[delivery.attempt - 1].wait()

    post.carrier = wait_for_release
    await office.write(("Paris", 1))
    late = asyncio.create_task(office.deliver(at_once=1))
    await until(lambda: post.deliveries)
    await office.make_due()
    other = build_cms(cms_app.settings, cms_app.contributions.plugins)
    taker = asyncio.create_task(replace(office, cms=other).deliver())
    await until(lambda: len(post.deliveries) == 2)
    release[0].set()
    await late
    assert [row.attempts for row in await office.rows()] == [2]
    release[1].set()
    await taker
    await other.close()
    assert await office.rows() == []


async def test_a_cancelled_run_finishes_what_it_holds_and_takes_nothing_new(
    office: Any, post: Any
) -> None:
    started = asyncio.Event()

    async def take_time(*_: Any) -> None:
        started.set()
        await asyncio.sleep(0.2)

    post.carrier = take_time
    await office.write(("Paris", 1), ("Paris", 2))
    delivering = asyncio.create_task(office.deliver())
    await started.wait()
    delivering.cancel()
    with suppress(asyncio.CancelledError):
        await delivering
    assert post.of("carrier", "Paris") == [1]
    assert [row.attempts for row in await office.rows()] == [0]


async def test_the_next_delivery_is_due_when_the_first_head_is(office: Any, post: Any) -> None:
    assert await office.next_due() is None
    post.carrier = fail
    await office.write(("Paris", 1), ("Paris", 2))
    await office.deliver()
    (head, _) = await office.rows()
    assert await office.next_due() == head.due_at


async def test_an_event_of_another_process_wakes_the_worker(
    office: Any, post: Any, cms_app: CMS, until: Any
) -> None:
    stop = asyncio.Event()
    working = asyncio.create_task(Worker(cms_app).run(stop))
    await office.write(("Paris", 1))
    await until(lambda: len(post.received) == 2)
    await asyncio.sleep(0.3)
    other = build_cms(cms_app.settings, cms_app.contributions.plugins)
    await replace(office, cms=other).write(("Rome", 1))
    async with asyncio.timeout(10):
        await until(lambda: len(post.received) == 4)
    await other.close()
    stop.set()
    await working

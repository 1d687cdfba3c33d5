"""Applying what is due."""

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from cms_core import CMS
from cms_core.testing.recorders import EventRecorder
from cms_posts import (
    NEXT_DUE,
    PostPublished,
    PostUnpublished,
    TransitionState,
    edit_post,
    trash_post,
)
from cms_posts.models import Post
from cms_posts.queries import locked_post
from cms_posts.service.applying import ATTEMPTS, BACKLOG

if TYPE_CHECKING:
    from tests.plan.conftest import Desk, Run


async def test_nothing_is_applied_before_its_instant(desk: "Desk") -> None:
    await desk.plan(await desk.draft())

    assert await desk.apply() == 0
    assert await desk.live() == {}


async def test_what_is_due_is_live_since_the_planned_instant(
    desk: "Desk", cms_events: EventRecorder
) -> None:
    post_id = await desk.draft()
    transition_id = await desk.plan(post_id)
    await desk.pass_time()

    assert await desk.apply() == 1

    transition, live = await desk.transition(transition_id), (await desk.live())[post_id]
    assert live.published_at == live.updated_at == transition.due_at
    assert (await desk.post(post_id)).published_at == transition.due_at
    assert transition.state == TransitionState.APPLIED
    assert [event.published_at for event in cms_events.having(PostPublished)] == [transition.due_at]


async def test_what_was_applied_is_not_applied_again(
    desk: "Desk", cms_events: EventRecorder
) -> None:
    await desk.plan(await desk.draft())
    await desk.pass_time()

    assert [await desk.apply(), await desk.apply()] == [1, 0]
    assert len(cms_events.having(PostPublished)) == 1


async def test_the_pinned_revision_goes_live_and_not_the_newest(desk: "Desk", run: "Run") -> None:
    post_id = await desk.draft(title="As planned")
    await desk.plan(post_id)

    async def edit(session: Any) -> None:
        await edit_post(session, post_id, {"title": "Later"}, by=desk.by, now=await session.now())

    await run(edit)
    await desk.pass_time()
    await desk.apply()

    assert (await desk.live())[post_id].title == "As planned"
    assert (await desk.post(post_id)).title == "Later"


async def test_several_of_a_post_are_applied_in_their_order(
    desk: "Desk", cms_events: EventRecorder
) -> None:
    post_id = await desk.draft()
    await desk.plan(post_id, seconds=10)
    await desk.plan(post_id, "unpublish", seconds=20)
    await desk.plan(post_id, seconds=30)
    await desk.pass_time()

    while await desk.apply():
        pass

    told = [type(event) for event in cms_events.committed if hasattr(event, "slug")]
    assert told == [PostPublished, PostUnpublished, PostPublished]
    assert post_id in await desk.live()


async def test_many_posts_take_as_many_statements_as_one(
    desk: "Desk", cms_query_count: Any
) -> None:
    for number in range(12):
        await desk.plan(await desk.draft(f"Post {number}", tags=["A", f"B{number}"]))
    await desk.pass_time()

    with cms_query_count() as for_one:
        await desk.apply(1)
    with cms_query_count() as for_many:
        assert await desk.apply(11) == 11

    assert len(for_many) == len(for_one)
    assert len(await desk.live()) == 12


async def test_a_taking_down_that_finds_nothing_live_is_applied_without_effect(
    desk: "Desk", cms_events: EventRecorder
) -> None:
    post_id = await desk.draft()
    planned = await desk.plan(post_id)
    idle = await desk.plan(post_id, "unpublish", seconds=120)
    await desk.cancel(post_id, planned)
    await desk.pass_time()

    assert await desk.apply() == 1
    assert (await desk.transition(idle)).state == TransitionState.APPLIED
    assert cms_events.having(PostUnpublished) == []


async def test_one_that_fails_holds_up_no_other(desk: "Desk") -> None:
    good = [await desk.draft(f"Good {number}") for number in range(6)]
    bad = await desk.draft("Poison")
    for post_id in [*good[:3], bad, *good[3:]]:
        await desk.plan(post_id)
    await desk.pass_time()

    assert await desk.apply() == 7
    assert set(await desk.live()) == set(good)


async def test_one_that_fails_is_tried_again_later_and_then_given_up(
    desk: "Desk", run: "Run"
) -> None:
    post_id = await desk.draft("Poison")
    transition_id = await desk.plan(post_id)
    await desk.pass_time()

    for attempt in range(1, ATTEMPTS):
        assert await desk.apply() == 1
        transition = await desk.transition(transition_id)
        assert transition.attempts == attempt
        assert transition.state == TransitionState.PLANNED
        assert await desk.apply() == 0
        await desk.end_pause(transition_id)
    before = await desk.post(post_id)
    await desk.apply()

    given_up = await desk.transition(transition_id)
    assert given_up.state == TransitionState.FAILED
    assert given_up.last_error == "Refused"
    assert (await desk.post(post_id)).version == before.version + 1
    assert await run(lambda session: session.scalar(NEXT_DUE)) is None
    assert (await run(lambda session: session.execute(BACKLOG))).one() == (0, 1)


async def test_later_ones_wait_behind_one_that_fails_and_do_not_look_due(
    desk: "Desk", run: "Run"
) -> None:
    post_id = await desk.draft("Poison")
    head = await desk.plan(post_id, seconds=10)
    behind = await desk.plan(post_id, "unpublish", seconds=20)
    await desk.pass_time()

    await desk.apply()

    assert await desk.apply() == 0
    assert (await run(lambda session: session.execute(BACKLOG))).one() == (0, 0)
    assert (await desk.transition(behind)).try_at == (await desk.transition(head)).try_at


async def test_later_ones_are_due_again_once_the_first_is_given_up(desk: "Desk") -> None:
    post_id = await desk.draft("Poison")
    head = await desk.plan(post_id, seconds=10)
    behind = await desk.plan(post_id, "unpublish", seconds=20)
    await desk.pass_time()

    for _ in range(ATTEMPTS):
        await desk.apply()
        await desk.end_pause(head)
    assert await desk.apply() == 1

    assert (await desk.transition(behind)).state == TransitionState.APPLIED


async def test_a_command_on_a_post_comes_after_what_was_due(
    desk: "Desk", run: "Run", cms_events: EventRecorder
) -> None:
    post_id = await desk.draft()
    await desk.plan(post_id)
    await desk.pass_time()

    async def trash(session: Any) -> Post:
        return await trash_post(session, post_id, by=desk.by, now=await session.now())

    await run(trash)

    told = [type(event) for event in cms_events.committed if hasattr(event, "slug")]
    assert told == [PostPublished, PostUnpublished]


async def test_a_command_on_a_post_is_not_held_up_by_one_that_fails(
    desk: "Desk", run: "Run"
) -> None:
    post_id = await desk.draft("Poison")
    transition_id = await desk.plan(post_id)
    await desk.pass_time()

    async def edit(session: Any) -> None:
        now = await session.now()
        await edit_post(session, post_id, {"title": "Better"}, by=desk.by, now=now)

    await run(edit)

    assert (await desk.post(post_id)).title == "Better"
    assert (await desk.transition(transition_id)).attempts == 1


@pytest.mark.parametrize("waiting", [False, True])
async def test_a_post_that_is_held_is_skipped_or_waited_for(
    cms_app: CMS, desk: "Desk", waiting: bool
) -> None:
    if cms_app.db.dialect == "sqlite":
        return  # it has one writer: whoever applies holds all posts
    held, free = await desk.draft("Held"), await desk.draft("Free")
    for post_id in (held, free):
        await desk.plan(post_id)
    await desk.pass_time()

    async with cms_app.db.transaction() as session:
        await locked_post(session, held)
        applying = asyncio.create_task(desk.apply(waiting=waiting))
        await asyncio.sleep(0.3)
        assert applying.done() is not waiting
    assert await applying == (2 if waiting else 1)


async def test_two_workers_apply_each_transition_once(
    desk: "Desk", cms_events: EventRecorder
) -> None:
    posts = [await desk.draft(f"Post {number}") for number in range(20)]
    for post_id in posts:
        await desk.plan(post_id)
    await desk.pass_time()

    async def work() -> None:
        while await desk.apply(3):
            pass

    await asyncio.gather(work(), work(), work())

    assert sorted(event.post_id for event in cms_events.having(PostPublished)) == sorted(posts)


async def test_the_next_instant_is_that_of_the_earliest_plan(desk: "Desk", run: "Run") -> None:
    later, sooner = await desk.draft("Later"), await desk.draft("Sooner")
    await desk.plan(later, seconds=500)
    transition_id = await desk.plan(sooner, seconds=50)

    due_at = await run(lambda session: session.scalar(NEXT_DUE))

    assert due_at == (await desk.transition(transition_id)).due_at

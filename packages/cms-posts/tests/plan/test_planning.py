"""What may be planned, moved and cancelled."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from cms_core import Forbidden, Invalid, PreconditionFailed, Principal
from cms_core.http.conditional import Precondition
from cms_core.testing.recorders import EventRecorder
from cms_posts import (
    AlreadyApplied,
    AlreadyCancelled,
    NotFailed,
    PlanFull,
    PlanInPast,
    PlannedMoment,
    PostInTrash,
    PostNotFound,
    PostScheduleCancelled,
    PostScheduled,
    SameInstant,
    TransitionNotFound,
    TransitionState,
    UnknownRevision,
    UnpublishBeforePublish,
    cancel_transition,
    move_transition,
    replan_wall_times,
    retry_transition,
    trash_post,
)
from cms_posts.service.applying import ATTEMPTS
from cms_posts.service.plan import MOST

if TYPE_CHECKING:
    from tests.plan.conftest import Desk, Run

LATER = datetime(2050, 1, 1, tzinfo=UTC)


async def test_a_plan_gives_the_post_its_next_version_and_is_told(
    desk: "Desk", cms_events: EventRecorder
) -> None:
    post_id = await desk.draft()
    before = await desk.post(post_id)

    transition_id = await desk.plan(post_id)

    (told,) = cms_events.having(PostScheduled)
    transition = await desk.transition(transition_id)
    assert (told.transition_id, told.action, told.revision) == (transition_id, "publish", 1)
    assert told.at == transition.due_at
    assert (await desk.post(post_id)).version == before.version + 1


@pytest.mark.parametrize("seconds", [0, -1, -86400])
async def test_an_instant_that_has_passed_is_refused(desk: "Desk", seconds: float) -> None:
    with pytest.raises(PlanInPast):
        await desk.plan(await desk.draft(), seconds=seconds)


@pytest.mark.parametrize("revision", [2, 0, -1])
async def test_a_revision_that_the_post_does_not_have_is_refused(
    desk: "Desk", revision: int
) -> None:
    with pytest.raises(UnknownRevision):
        await desk.plan(await desk.draft(), revision=revision)


async def test_a_taking_down_has_no_revision(desk: "Desk") -> None:
    post_id = await desk.draft()
    await desk.plan(post_id)

    with pytest.raises(Invalid):
        await desk.plan(post_id, "unpublish", seconds=90, revision=1)


async def test_a_post_is_not_taken_down_before_it_is_published(desk: "Desk") -> None:
    post_id = await desk.draft()
    await desk.plan(post_id, seconds=60)

    with pytest.raises(UnpublishBeforePublish):
        await desk.plan(post_id, "unpublish", seconds=30)


async def test_a_publication_is_not_moved_behind_its_taking_down(desk: "Desk", run: "Run") -> None:
    post_id = await desk.draft()
    transition_id = await desk.plan(post_id, seconds=60)
    await desk.plan(post_id, "unpublish", seconds=120)

    with pytest.raises(UnpublishBeforePublish):
        await run(
            lambda session: move_transition(
                session, post_id, transition_id, by=desk.by, moment=PlannedMoment(LATER)
            )
        )
    assert (await desk.transition(transition_id)).due_at < LATER


async def test_two_at_the_same_instant_are_refused(desk: "Desk", run: "Run") -> None:
    post_id = await desk.draft()
    first, second = await desk.plan(post_id), await desk.plan(post_id, seconds=90)
    moment = PlannedMoment((await desk.transition(first)).due_at)

    with pytest.raises(SameInstant):
        await run(
            lambda session: move_transition(session, post_id, second, by=desk.by, moment=moment)
        )


async def test_a_plan_has_an_end(desk: "Desk") -> None:
    post_id = await desk.draft()
    for number in range(MOST):
        await desk.plan(post_id, seconds=60 + number)

    with pytest.raises(PlanFull):
        await desk.plan(post_id, seconds=600)


async def test_a_moved_one_keeps_its_revision_and_has_a_new_version(
    desk: "Desk", run: "Run", cms_events: EventRecorder
) -> None:
    post_id = await desk.draft()
    transition_id = await desk.plan(post_id)

    await run(
        lambda session: move_transition(
            session, post_id, transition_id, by=desk.by, moment=PlannedMoment(LATER)
        )
    )

    moved = await desk.transition(transition_id)
    assert (moved.due_at, moved.try_at, moved.revision, moved.version) == (LATER, LATER, 1, 2)
    assert [event.at for event in cms_events.having(PostScheduled)][-1] == LATER


async def test_a_cancelled_one_is_not_applied(desk: "Desk", cms_events: EventRecorder) -> None:
    post_id = await desk.draft()
    transition_id = await desk.plan(post_id)
    await desk.cancel(post_id, transition_id)
    await desk.pass_time()

    assert await desk.apply() == 0
    assert await desk.live() == {}
    assert [e.transition_id for e in cms_events.having(PostScheduleCancelled)] == [transition_id]


async def test_a_publication_can_be_cancelled_though_its_taking_down_stays(desk: "Desk") -> None:
    post_id = await desk.draft()
    publication = await desk.plan(post_id, seconds=60)
    taking_down = await desk.plan(post_id, "unpublish", seconds=120)

    await desk.cancel(post_id, publication)
    await desk.plan(post_id, seconds=180)

    assert (await desk.transition(taking_down)).state == TransitionState.PLANNED


async def test_it_is_too_late_to_cancel_or_move_once_the_instant_has_come(
    desk: "Desk", run: "Run"
) -> None:
    post_id = await desk.draft()
    transition_id = await desk.plan(post_id)
    await desk.pass_time()  # nobody has applied it yet

    with pytest.raises(AlreadyApplied):
        await desk.cancel(post_id, transition_id)
    with pytest.raises(AlreadyApplied):
        await run(
            lambda session: move_transition(
                session, post_id, transition_id, by=desk.by, moment=PlannedMoment(LATER)
            )
        )
    await desk.apply()
    with pytest.raises(AlreadyApplied):
        await desk.cancel(post_id, transition_id)


async def test_a_cancelled_one_is_neither_moved_nor_cancelled(desk: "Desk") -> None:
    post_id = await desk.draft()
    transition_id = await desk.plan(post_id)
    await desk.cancel(post_id, transition_id)

    with pytest.raises(AlreadyCancelled):
        await desk.cancel(post_id, transition_id)


async def test_the_trash_cancels_the_plan(
    desk: "Desk", run: "Run", cms_events: EventRecorder
) -> None:
    post_id = await desk.draft()
    transition_id = await desk.plan(post_id)

    async def trash(session: Any) -> None:
        await trash_post(session, post_id, by=desk.by, now=await session.now())

    await run(trash)

    assert (await desk.transition(transition_id)).state == TransitionState.CANCELLED
    assert len(cms_events.having(PostScheduleCancelled)) == 1
    with pytest.raises(PostInTrash):
        await desk.plan(post_id)


async def test_a_client_that_saw_another_version_changes_nothing(desk: "Desk", run: "Run") -> None:
    post_id = await desk.draft()
    transition_id = await desk.plan(post_id)
    old = Precondition('"7-abc"', required=False)

    with pytest.raises(PreconditionFailed):
        await run(
            lambda session: cancel_transition(
                session, post_id, transition_id, by=desk.by, precondition=old
            )
        )
    assert (await desk.transition(transition_id)).state == TransitionState.PLANNED


async def test_anothers_plan_is_nobodys_business(
    desk: "Desk", cms_principal: Callable[..., Principal]
) -> None:
    post_id = await desk.draft()
    desk.by = cms_principal("author", name="Bob")

    with pytest.raises(PostNotFound):
        await desk.plan(post_id)


async def test_planning_takes_the_right_to_publish(
    desk: "Desk", cms_principal: Callable[..., Principal]
) -> None:
    desk.by = cms_principal(permissions=["posts:write"], name="Ada")

    with pytest.raises(Forbidden):
        await desk.plan(await desk.draft())


async def test_a_transition_of_another_post_is_not_found(desk: "Desk") -> None:
    mine, other = await desk.draft("Mine"), await desk.draft("Other")
    transition_id = await desk.plan(other)

    with pytest.raises(TransitionNotFound):
        await desk.cancel(mine, transition_id)


async def test_only_one_that_was_given_up_is_retried_and_then_at_once(
    desk: "Desk", run: "Run"
) -> None:
    post_id = await desk.draft("Poison")
    transition_id = await desk.plan(post_id)

    def retry(session: Any) -> Any:
        return retry_transition(session, post_id, transition_id, by=desk.by)

    with pytest.raises(NotFailed):
        await run(retry)
    await desk.pass_time()
    for _ in range(ATTEMPTS):
        await desk.apply()
        await desk.end_pause(transition_id)
    await run(retry)

    assert await desk.apply() == 1
    assert (await desk.transition(transition_id)).attempts == 1


async def test_new_rules_of_a_zone_move_the_instant_of_a_wall_time(
    desk: "Desk", run: "Run"
) -> None:
    post_id = await desk.draft()
    transition_id = await desk.plan(post_id)
    wall = PlannedMoment(LATER, "2050-01-01T01:00:00", "Europe/Paris", "2026a")
    await run(
        lambda session: move_transition(session, post_id, transition_id, by=desk.by, moment=wall)
    )
    asked: list[tuple[str, str]] = []

    def an_hour_later(local: str, zone: str) -> datetime:
        asked.append((local, zone))
        return LATER + timedelta(hours=1)

    async def replan(rules: str) -> int:
        looked: int = await run(
            lambda session: replan_wall_times(session, an_hour_later, rules, 10)
        )
        return looked

    assert [await replan("2026a"), await replan("2026b"), await replan("2026b")] == [0, 1, 0]
    moved = await desk.transition(transition_id)
    assert moved.due_at == moved.try_at == LATER + timedelta(hours=1)
    assert asked == [("2050-01-01T01:00:00", "Europe/Paris")]

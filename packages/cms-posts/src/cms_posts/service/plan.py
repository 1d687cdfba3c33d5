"""The plan of a post: pinned revisions that go live, and dates at which it is taken down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from cms_core import ANY_VERSION, Invalid, Precondition, Principal, Transaction, db_now, new_id
from cms_posts.errors import (
    AlreadyApplied,
    AlreadyCancelled,
    NotFailed,
    PlanFull,
    TransitionNotFound,
)
from cms_posts.events import PostScheduleCancelled, PostScheduled
from cms_posts.models import Post, PostTransition, TransitionAction, TransitionState
from cms_posts.queries import find_transition, open_transitions
from cms_posts.service.access import existing_revision, lock_to_publish, not_in_trash
from cms_posts.service.applying import release
from cms_posts.service.sequence import idle_takedowns, must_be_ahead, must_be_live

#: Planned transitions that one post may have.
MOST = 100


@dataclass(frozen=True, slots=True)
class PlannedMoment:
    """An instant (UTC), and the wall time that it was derived from by the rules of a release."""

    at: datetime
    local: str | None = None
    time_zone: str | None = None
    zone_rules: str | None = None


async def plan_transition(
    session: Transaction,
    post_id: UUID,
    action: TransitionAction,
    moment: PlannedMoment,
    *,
    by: Principal,
    revision: int | None = None,
    precondition: Precondition = ANY_VERSION,
) -> PostTransition:
    """Plan to publish a revision (the working copy's for None) or to take the post down.

    `precondition` is about the post. Raises `PostNotFound`, `Forbidden`, `PreconditionFailed`,
    `PostInTrash`, `UnknownRevision`, `PlanInPast`, `SameInstant`, `UnpublishBeforePublish` or
    `PlanFull`.
    """
    post = await lock_to_publish(session, post_id, by, precondition)
    not_in_trash(post)
    plan = await _planned(session, post)
    if len(plan) >= MOST:
        raise PlanFull
    now = await clock(session)
    transition = PostTransition(
        id=new_id(),
        post_id=post.id,
        action=action,
        revision=_pinned(post, action, revision),
        created_by=by.id,
        created_at=now,
        attempts=0,
        version=1,
    )
    _set_moment(transition, moment)
    must_be_ahead(transition, plan, now)
    must_be_live(post, [*plan, transition], idle_takedowns(post, plan))
    session.add(transition)
    await announce_plan(session, post, transition, by.id, now)
    return transition


async def move_transition(
    session: Transaction,
    post_id: UUID,
    transition_id: UUID,
    *,
    by: Principal,
    moment: PlannedMoment | None = None,
    revision: int | None = None,
    precondition: Precondition = ANY_VERSION,
) -> PostTransition:
    """Give a planned (or failed) transition another moment, another revision, or both.

    `precondition` is about the transition. Raises `TransitionNotFound`, `AlreadyApplied`,
    `AlreadyCancelled`, and all that `plan_transition` raises but `PlanFull`.
    """
    post, transition = await _lock_open(session, post_id, transition_id, by, precondition)
    not_in_trash(post)
    plan = await _planned(session, post)
    idle = idle_takedowns(post, plan)
    if revision is not None:
        transition.revision = _pinned(post, TransitionAction(transition.action), revision)
    now = await clock(session)
    others = [each for each in plan if each is not transition]
    if moment is not None:
        _set_moment(transition, moment)
        must_be_ahead(transition, others, now)
        must_be_live(post, [*others, transition], idle)
    transition.version += 1
    await announce_plan(session, post, transition, by.id, now)
    await release(session, [post.id])
    return transition


async def cancel_transition(
    session: Transaction,
    post_id: UUID,
    transition_id: UUID,
    *,
    by: Principal,
    precondition: Precondition = ANY_VERSION,
) -> PostTransition:
    """Cancel a planned or failed transition: once this has committed, it is never applied.

    Raises `PostNotFound`, `Forbidden`, `TransitionNotFound`, `AlreadyApplied`, `AlreadyCancelled`
    or `PreconditionFailed`.
    """
    post, _ = await _lock_open(session, post_id, transition_id, by, precondition)
    (cancelled,) = await _cancel(session, post, by, [transition_id])
    post.mark_changed(await clock(session))
    await session.flush()
    return cancelled


async def retry_transition(
    session: Transaction,
    post_id: UUID,
    transition_id: UUID,
    *,
    by: Principal,
    precondition: Precondition = ANY_VERSION,
) -> PostTransition:
    """Make a transition that was given up due at once.

    Raises `PostNotFound`, `Forbidden`, `TransitionNotFound`, `PostInTrash`, `NotFailed`,
    `AlreadyApplied`, `AlreadyCancelled` or `PreconditionFailed`.
    """
    post, transition = await _lock_open(session, post_id, transition_id, by, precondition)
    not_in_trash(post)
    if transition.state != TransitionState.FAILED:
        raise NotFailed
    now = await clock(session)
    transition.state, transition.attempts, transition.try_at = TransitionState.PLANNED, 0, now
    transition.version += 1
    await announce_plan(session, post, transition, by.id, now)
    return transition


async def cancel_plan(session: Transaction, post: Post, by: Principal) -> None:
    """Cancel all that a post, held locked, has before it."""
    await _cancel(session, post, by)


async def _lock_open(
    session: Transaction,
    post_id: UUID,
    transition_id: UUID,
    by: Principal,
    precondition: Precondition,
) -> tuple[Post, PostTransition]:
    """The post, locked, and its transition that was neither applied nor cancelled."""
    post = await lock_to_publish(session, post_id, by, ANY_VERSION)
    transition = await find_transition(session, post_id, transition_id)
    if transition is None:
        raise TransitionNotFound
    # Before the client's condition: it tells more than that something has changed.
    if transition.state == TransitionState.APPLIED:
        raise AlreadyApplied
    if transition.state == TransitionState.CANCELLED:
        raise AlreadyCancelled
    precondition.check(transition.version)
    return post, transition


async def _planned(session: Transaction, post: Post) -> Sequence[PostTransition]:
    return await open_transitions(session, post.id, [TransitionState.PLANNED])


async def clock(session: Transaction) -> datetime:
    """The moment now: the session's own is from before it waited for the post."""
    return (await session.execute(select(db_now()))).scalar_one()


def _pinned(post: Post, action: TransitionAction, revision: int | None) -> int | None:
    if action is TransitionAction.PUBLISH:
        return existing_revision(post, revision)
    if revision is not None:
        raise Invalid.at("/revision", "only what is published has a revision")
    return None


def _set_moment(transition: PostTransition, moment: PlannedMoment) -> None:
    transition.due_at = transition.try_at = moment.at
    transition.local, transition.time_zone = moment.local, moment.time_zone
    transition.zone_rules = moment.zone_rules
    transition.state, transition.attempts = TransitionState.PLANNED, 0
    transition.last_error = None


async def announce_plan(
    session: Transaction, post: Post, transition: PostTransition, by: UUID, now: datetime
) -> None:
    """Give the post, held locked, its next version and tell what is planned."""
    post.mark_changed(now)
    await session.flush()
    session.emit(
        PostScheduled(
            post.id,
            by,
            transition.id,
            str(transition.action),
            transition.revision,
            transition.due_at,
        )
    )


async def _cancel(
    session: Transaction, post: Post, by: Principal, ids: Sequence[UUID] | None = None
) -> list[PostTransition]:
    """Cancel what is open of a plan, or of it only those; let what waited behind them go on."""
    is_open = [TransitionState.PLANNED, TransitionState.FAILED]
    plan = await open_transitions(session, post.id, is_open)
    cancelled = [each for each in plan if ids is None or each.id in ids]
    now = await clock(session)
    for each in cancelled:
        each.state, each.cancelled_at, each.try_at = TransitionState.CANCELLED, now, None
        each.version += 1
        session.emit(PostScheduleCancelled(post.id, by.id, each.id))
    await session.flush()
    await release(session, [post.id])
    return cancelled

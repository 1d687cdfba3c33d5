"""Ways to apply and to change a plan wrongly."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select, update

from cms_core import Instant, Precondition, Principal, Read, Transaction, db_now
from cms_posts import TransitionNotFound
from cms_posts.models import Post, PostTransition, TransitionState
from cms_posts.queries import find_transition, locked_post


def claim_without_lock(original: object) -> Any:
    """Whoever looks finds what is due, whether somebody is at it or not."""

    async def claim(session: Transaction, limit: int, waiting: bool) -> Collection[UUID]:
        due = select(PostTransition.post_id).where(PostTransition.try_at <= db_now())
        return list(dict.fromkeys(await session.scalars(due.limit(limit))))

    return claim


def look_then_lock(original: Callable[..., Awaitable[Sequence[Any]]]) -> Any:
    """What is due is read before the posts are locked, and not again."""

    async def due_heads(session: Transaction, post_ids: Collection[UUID]) -> Sequence[Any]:
        found = await original(session, post_ids)
        posts = select(Post.id).where(Post.id.in_(post_ids)).order_by(Post.id)
        await session.execute(posts.with_for_update())
        return found

    return due_heads


def mark_blindly(original: object) -> Any:
    """A transition becomes applied, whatever it was."""

    async def mark_applied(session: Transaction, due: Sequence[Any]) -> None:
        applied = update(PostTransition).where(PostTransition.id.in_([row.id for row in due]))
        state = TransitionState.APPLIED
        await session.execute(applied.values(state=state, applied_at=db_now(), try_at=None))

    return mark_applied


def always_needed(original: object) -> Any:
    """A post is published although it is live already."""
    return property(lambda change: True)


def lock_without_looking(original: object) -> Any:
    """A command takes the transition as it finds it, even one that was applied."""

    async def lock_open(
        session: Transaction,
        post_id: UUID,
        transition_id: UUID,
        by: Principal,
        precondition: Precondition,
    ) -> tuple[Post, PostTransition]:
        post = await locked_post(session, post_id)
        transition = await find_transition(session, post_id, transition_id)
        if post is None or transition is None:
            raise TransitionNotFound
        return post, transition

    return lock_open


def cancel_blindly(original: object) -> Any:
    """A transition becomes cancelled, whatever it was."""

    async def cancel(
        session: Transaction, post: Post, by: Principal, ids: Sequence[UUID] = ()
    ) -> list[PostTransition]:
        named = select(PostTransition).where(PostTransition.id.in_(ids))
        found = list(await session.scalars(named))
        for each in found:
            each.state, each.try_at = TransitionState.CANCELLED, None
        await session.flush()
        return found

    return cancel


def due_by_own_clock(original: object) -> Any:
    """What is due is decided by the clock of the process."""
    now = bindparam("own_clock", callable_=lambda: datetime.now(UTC), type_=Instant())
    return PostTransition.try_at <= now


def plans_by_own_clock(original: Read) -> Read:
    """The same where the plans of posts are read: the statement is made when it is imported."""
    read = Read(original.statement)

    def row(record: Sequence[Any]) -> Any:
        made = original.row(record)
        due = made.try_at is not None and made.try_at <= datetime.now(UTC)
        return made._replace(is_due=due)

    read.row = row
    return read

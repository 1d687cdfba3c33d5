"""Applying the plan: what is due becomes what readers see, and no post waits for another's fault.

The lock of a post guards its plan. What is due is read again under the lock, by the clock of the
database: before that, another worker may have applied it or its author may have cancelled it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement, Row, Update, func, select, update

from cms_core import Read, Transaction, among, db_now, fetch, reason_of
from cms_posts.models import Post, PostTransition, TransitionState
from cms_posts.service.live import LiveChange, change_live

AnyRow = Row[*tuple[Any, ...]]
log = structlog.get_logger(__name__)

#: After so many failures a transition is given up, until somebody retries it: after four minutes.
ATTEMPTS = 8
FIRST_PAUSE = timedelta(seconds=1)
LONGEST_PAUSE = timedelta(seconds=60)

_is_due = PostTransition.try_at <= db_now()
_is_planned = PostTransition.state == TransitionState.PLANNED

#: When the next transition is due, or overdue; NULL where nothing is planned.
NEXT_DUE = (
    select(PostTransition.try_at)
    .where(PostTransition.try_at.is_not(None))
    .order_by(PostTransition.try_at)
    .limit(1)
)

_NEEDED: tuple[ColumnElement[Any], ...] = tuple(
    PostTransition.__table__.c[name]
    for name in ("id", "post_id", "revision", "due_at", "try_at", "attempts", "created_by")
)

_PLANS = Read(
    select(*_NEEDED, _is_due.label("is_due"))
    .where(among(PostTransition.__table__.c.post_id, "posts"), _is_planned)
    .order_by(PostTransition.due_at, PostTransition.id)
)

_failed = PostTransition.state == TransitionState.FAILED
#: How many transitions are due and not applied, and how many were given up.
BACKLOG = select(
    select(func.count(PostTransition.id)).where(_is_due).scalar_subquery(),
    select(func.count(PostTransition.id)).where(_failed).scalar_subquery(),
)


async def apply_due(session: Transaction, *, limit: int, waiting: bool) -> int:
    """Apply what is due next of up to `limit` posts; return how many transitions were handled.

    Posts that others hold are skipped, or waited for if `waiting`. A transition that fails is
    tried again later, and given up after some attempts; it holds up none but those of its post.
    """
    return await _apply(session, await _claim(session, limit, waiting))


async def apply_overdue(session: Transaction, post: Post) -> None:
    """Apply all that is due of one post, held locked: whoever changes it comes after that."""
    post_id, applied = post.id, False
    while await _apply(session, [post_id]):
        applied = True
    if applied:
        # What a savepoint took back, SQLAlchemy has forgotten.
        await session.refresh(post)


async def _claim(session: Transaction, limit: int, waiting: bool) -> Collection[UUID]:
    """Lock posts of which something is due, the longest overdue first."""
    if waiting:
        due = select(PostTransition.post_id).where(_is_due).order_by(PostTransition.try_at)
        # By id: two who wait for the same posts must not wait for each other.
        posts = select(Post.id).where(Post.id.in_(due.limit(limit))).order_by(Post.id)
        statement = posts.with_for_update()
    else:
        posts = select(Post.id).join(PostTransition, PostTransition.post_id == Post.id)
        due = posts.where(_is_due).order_by(PostTransition.try_at, Post.id).limit(limit)
        statement = due.with_for_update(of=Post, skip_locked=True)
    return dict.fromkeys(await session.scalars(statement))


async def _apply(session: Transaction, post_ids: Collection[UUID]) -> int:
    due = await _due_heads(session, post_ids) if post_ids else []
    if due:
        await _perform(session, due)
    return len(due)


async def _due_heads(session: Transaction, post_ids: Collection[UUID]) -> Sequence[AnyRow]:
    """The first planned transition of each of these posts, where it is due."""
    heads: dict[UUID, AnyRow] = {}
    for row in await fetch(session, _PLANS, posts=post_ids):
        head = heads.setdefault(row.post_id, row)
        if row.is_due and not head.is_due:
            await session.execute(_hold_back(head.post_id, head.try_at))
    return [head for head in heads.values() if head.is_due]


async def _perform(session: Transaction, due: Sequence[AnyRow]) -> None:
    """Apply them all at once; where that fails, each half for itself, down to the one at fault."""
    error = await session.attempt(lambda: _transit(session, due))
    if error is None:
        return
    if len(due) == 1:
        await _postpone(session, due[0], error)
        return
    middle = len(due) // 2
    await _perform(session, due[:middle])
    await _perform(session, due[middle:])


async def _transit(session: Transaction, due: Sequence[AnyRow]) -> None:
    statement = select(Post).where(Post.id.in_([row.post_id for row in due]))
    # Anew: a failed attempt has left its traces on them.
    fresh = statement.execution_options(populate_existing=True)
    posts = {post.id: post for post in await session.scalars(fresh)}
    await change_live(
        session,
        [LiveChange(posts[row.post_id], row.revision, row.due_at, row.created_by) for row in due],
    )
    await _mark_applied(session, due)
    await release(session, [row.post_id for row in due if row.attempts])


async def _mark_applied(session: Transaction, due: Sequence[AnyRow]) -> None:
    applied = (
        update(PostTransition)
        .where(PostTransition.id.in_([row.id for row in due]), _is_planned)
        .values(
            state=TransitionState.APPLIED,
            applied_at=db_now(),
            try_at=None,
            version=PostTransition.version + 1,
        )
        .returning(PostTransition.id)
    )
    if len((await session.execute(applied)).all()) != len(due):
        raise RuntimeError("a transition was changed by somebody who does not hold its post")


async def _postpone(session: Transaction, row: AnyRow, error: Exception) -> None:
    """Try it again later, or give it up."""
    attempts = row.attempts + 1
    given_up = attempts >= ATTEMPTS
    log.warning(
        "transition_failed",
        post_id=str(row.post_id),
        transition_id=str(row.id),
        attempt=attempts,
        given_up=given_up,
        exc_info=error,
    )
    noted = update(PostTransition).where(PostTransition.id == row.id)
    noted = noted.values(attempts=attempts, last_error=reason_of(error))
    if given_up:
        version = PostTransition.version + 1
        parked = noted.values(state=TransitionState.FAILED, try_at=None, version=version)
        await session.execute(parked)
        await session.execute(
            update(Post).where(Post.id == row.post_id).values(version=Post.version + 1)
        )
        await release(session, [row.post_id])
    else:
        pause = min(FIRST_PAUSE * 2.0 ** (attempts - 1), LONGEST_PAUSE)
        try_at = await session.now() + pause
        await session.execute(noted.values(try_at=try_at))
        await session.execute(_hold_back(row.post_id, try_at))


def _hold_back(post_id: UUID, until: datetime) -> Update:
    """Let the later transitions of a post wait until then, as long as the first one is retried.

    They keep their order, and do not look due to whoever looks for work.
    """
    behind = update(PostTransition).where(PostTransition.post_id == post_id, _is_planned)
    return behind.where(PostTransition.try_at < until).values(try_at=until)


async def release(session: Transaction, post_ids: Iterable[UUID]) -> None:
    """Let what waited behind a failing transition of these posts be due when it was planned."""
    if ids := list(post_ids):
        waiting = update(PostTransition).where(PostTransition.post_id.in_(ids), _is_planned)
        await session.execute(waiting.values(try_at=PostTransition.due_at))

"""Planned transitions of many posts, for whoever shows a calendar."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from cms_core import Principal, Sort
from cms_posts.models import Post, PostTransition, TransitionState
from cms_posts.service.access import admit

_transitions, _posts = PostTransition.__table__, Post.__table__

TRANSITION_SORTS = {"at": Sort((_transitions.c.due_at, _transitions.c.id))}


def transitions(
    *,
    post_id: UUID | None = None,
    of: UUID | None = None,
    states: Collection[TransitionState] = (),
    since: datetime | None = None,
    until: datetime | None = None,
) -> Select[Any]:
    """Planned transitions with title and slug of their posts, unordered.

    Of one post; of those whose author is `of`; in one of these states; due in ``[since, until)``.
    Posts in the trash are left out.
    """
    source = _transitions.join(_posts, _posts.c.id == _transitions.c.post_id)
    statement = select(*_transitions.c, _posts.c.title, _posts.c.slug).select_from(source)
    statement = statement.where(_posts.c.trashed_at.is_(None))
    if post_id is not None:
        statement = statement.where(_transitions.c.post_id == post_id)
    if of is not None:
        statement = statement.where(_posts.c.author_id == of)
    if states:
        statement = statement.where(_transitions.c.state.in_(states))
    if since is not None:
        statement = statement.where(_transitions.c.due_at >= since)
    if until is not None:
        statement = statement.where(_transitions.c.due_at < until)
    return statement


async def visible_post(session: AsyncSession, post_id: UUID, by: Principal) -> Post:
    """The post, if the principal may see it. Raises `PostNotFound`."""
    return admit(await session.get(Post, post_id), by)

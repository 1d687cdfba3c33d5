"""What happens next to posts, as their authors see it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from cms_core import Read, among, fetch
from cms_posts.models import Post, PostState, PostTransition, TransitionAction, TransitionState

_is_planned = PostTransition.state == TransitionState.PLANNED
_publishes = PostTransition.action == TransitionAction.PUBLISH


def is_scheduled() -> ColumnElement[bool]:
    """Whether a post that is not live is going to be published."""
    planned = exists().where(PostTransition.post_id == Post.id, _is_planned, _publishes)
    return (Post.state != PostState.PUBLISHED) & planned


def _next() -> Read:
    place = func.row_number().over(
        partition_by=PostTransition.post_id, order_by=(PostTransition.due_at, PostTransition.id)
    )
    publications = func.count().filter(_publishes).over(partition_by=PostTransition.post_id)
    ranked = (
        select(
            PostTransition.post_id,
            PostTransition.action,
            PostTransition.due_at.label("at"),
            PostTransition.revision,
            (publications > 0).label("publication"),
            place.label("place"),
        )
        .where(among(PostTransition.__table__.c.post_id, "posts"), _is_planned)
        .subquery()
    )
    return Read(select(ranked).where(ranked.c.place == 1))


_NEXT = _next()


async def next_transitions(session: AsyncSession, post_ids: Collection[UUID]) -> Mapping[UUID, Any]:
    """The next planned transition (`action`, `at`, `revision`) of each post that has one.

    `publication` tells whether any of those to come publishes the post.
    """
    rows = await fetch(session, _NEXT, posts=post_ids) if post_ids else ()
    return {row.post_id: row for row in rows}

"""The trash: posts there are not live, keep their names, and can come back or go for good."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from cms_core import ANY_VERSION, Precondition, Principal, ReferencesEnded, Transaction
from cms_posts.errors import PostNotInTrash
from cms_posts.events import PostPurged, PostTrashed, PostUntrashed
from cms_posts.models import Post
from cms_posts.queries import head_of
from cms_posts.references import announce_references, source_of
from cms_posts.service.access import lock_to_edit, must_publish
from cms_posts.service.live import LiveChange, change_live
from cms_posts.service.plan import cancel_plan


async def trash_post(
    session: Transaction,
    post_id: UUID,
    *,
    by: Principal,
    now: datetime,
    precondition: Precondition = ANY_VERSION,
) -> Post:
    """Put the post into the trash; its plan is cancelled.

    A live one is taken down, which takes the right to publish.
    Raises `PostNotFound`, `Forbidden` or `PreconditionFailed`.
    """
    post = await lock_to_edit(session, post_id, by, precondition)
    if post.trashed_at is not None:
        return post
    if post.published_revision is not None:
        must_publish(post, by)
        await change_live(session, [LiveChange(post, None, now, by.id)])
    await cancel_plan(session, post, by)
    post.trashed_at = now
    post.mark_changed(now)
    await session.flush()
    session.emit(PostTrashed(post.id, by.id))
    return post


async def untrash_post(
    session: Transaction,
    post_id: UUID,
    *,
    by: Principal,
    now: datetime,
    precondition: Precondition = ANY_VERSION,
) -> Post:
    """Take the post out of the trash; it is not live, whatever it was before.

    Raises `PostNotFound`, `Forbidden` or `PreconditionFailed`.
    """
    post = await lock_to_edit(session, post_id, by, precondition)
    if post.trashed_at is not None:
        post.trashed_at = None
        post.mark_changed(now)
        await session.flush()
        session.emit(PostUntrashed(post.id, by.id))
    return post


async def purge_post(
    session: Transaction,
    post_id: UUID,
    *,
    by: Principal,
    precondition: Precondition = ANY_VERSION,
) -> None:
    """Delete a post in the trash with its history and its names, for good.

    Raises `PostNotFound`, `Forbidden`, `PreconditionFailed` or `PostNotInTrash`.
    """
    post = await lock_to_edit(session, post_id, by, precondition)
    if post.trashed_at is None:
        raise PostNotInTrash
    announce_references(session, post.id, await head_of(session, post), None, published=False)
    # Everything that belongs to it goes with it, by the foreign keys.
    await session.delete(post)
    await session.flush()
    session.emit(ReferencesEnded(source_of(post.id)))
    session.emit(PostPurged(post.id, by.id))

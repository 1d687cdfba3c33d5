"""Publishing at once: pins a revision for readers; taking down removes it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from cms_core import ANY_VERSION, Precondition, Principal, Transaction
from cms_posts.models import Post
from cms_posts.service.access import existing_revision, lock_to_publish, not_in_trash
from cms_posts.service.live import LiveChange, change_live


async def publish_post(
    session: Transaction,
    post_id: UUID,
    *,
    by: Principal,
    now: datetime,
    revision: int | None = None,
    precondition: Precondition = ANY_VERSION,
) -> Post:
    """Let readers see the working copy, or the revision of that number; once more changes nothing.

    Raises `PostNotFound`, `Forbidden`, `PreconditionFailed`, `PostInTrash` or `UnknownRevision`.
    """
    post = await lock_to_publish(session, post_id, by, precondition)
    not_in_trash(post)
    number = existing_revision(post, revision)
    await change_live(session, [LiveChange(post, number, now, by.id)])
    return post


async def unpublish_post(
    session: Transaction,
    post_id: UUID,
    *,
    by: Principal,
    now: datetime,
    precondition: Precondition = ANY_VERSION,
) -> Post:
    """Take the post down; one that readers do not see stays as it is.

    Raises `PostNotFound`, `Forbidden`, `PreconditionFailed` or `PostInTrash`.
    """
    post = await lock_to_publish(session, post_id, by, precondition)
    not_in_trash(post)
    await change_live(session, [LiveChange(post, None, now, by.id)])
    return post

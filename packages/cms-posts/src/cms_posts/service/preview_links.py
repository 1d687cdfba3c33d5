"""Leave to look at a draft without an account."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from cms_core import Principal, Transaction
from cms_posts.errors import PreviewLinkNotFound
from cms_posts.models import PreviewLink
from cms_posts.queries import locked_post
from cms_posts.service.access import admit, not_in_trash


async def create_preview_link(
    session: Transaction, post_id: UUID, *, by: Principal, now: datetime, lasts: timedelta
) -> PreviewLink:
    """Let whoever holds the link see the working copy, as it is when they look.

    Raises `PostNotFound` or `PostInTrash`.
    """
    post = admit(await locked_post(session, post_id), by)
    not_in_trash(post)
    link = PreviewLink(post_id=post.id, created_by=by.id, created_at=now, expires_at=now + lasts)
    session.add(link)
    await session.flush()
    return link


async def revoke_preview_link(
    session: Transaction, post_id: UUID, link_id: UUID, *, by: Principal, now: datetime
) -> None:
    """End a preview link at once; one that has ended stays as it is.

    Raises `PostNotFound` or `PreviewLinkNotFound`.
    """
    admit(await locked_post(session, post_id), by)
    link = await session.get(PreviewLink, link_id)
    if link is None or link.post_id != post_id:
        raise PreviewLinkNotFound
    link.revoked_at = link.revoked_at or now
    await session.flush()

"""Whether readers see a post now, and why or why not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncSession

from cms_core import CMS, Forbidden, Principal
from cms_posts.authoring.plans import next_transitions
from cms_posts.authoring.schemas import Reason, Visibility
from cms_posts.content import WorkingCopy
from cms_posts.delivery.syndication import Site
from cms_posts.models import Post, PostState, PublishedPost
from cms_posts.references import PRINCIPAL
from cms_posts.service.access import must_publish
from cms_posts.settings import PostsSettings

_MESSAGES = {
    "trashed": "It is in the trash.",
    "draft": "It was never published.",
    "unpublished": "It was taken down.",
    "published": "Revision {published_revision} is live.",
    "to-be-published": "Revision {revision} goes live at {at}.",
    "to-be-unpublished": "It is taken down at {at}.",
    "unpublished-changes": "Readers do not see the working copy, revision {head}, yet.",
    "may-not-publish": "You lack the permission to publish it or to take it down.",
    "unknown-author": "Nobody knows its author any more: readers see no name.",
}


async def visibility_of(
    session: AsyncSession, cms: CMS, copy: WorkingCopy, by: Principal
) -> Visibility:
    """Say what readers see of the post, and what stands in the way."""
    post = copy.post
    live = select(PublishedPost.slug).where(PublishedPost.post_id == post.id)
    slug = (await session.execute(live)).scalar_one_or_none()
    plan = (await next_transitions(session, [post.id])).get(post.id)
    codes = [*_state(post, plan), *_rights(post, by), *await _author(session, cms, copy)]
    site = Site(cms.settings.public_url, cms.plugin_settings(PostsSettings))
    values = {"head": post.head, "published_revision": post.published_revision, **_coming(plan)}
    return Visibility(
        visible=slug is not None,
        url=None if slug is None else site.page(slug),
        revision=post.head,
        published_revision=post.published_revision,
        reasons=[Reason(code=code, message=_MESSAGES[code].format(**values)) for code in codes],
    )


def _coming(plan: Row[Any] | None) -> dict[str, object]:
    if plan is None:
        return {}
    return {"revision": plan.revision, "at": plan.at.isoformat().replace("+00:00", "Z")}


def _state(post: Post, plan: Row[Any] | None) -> Iterator[str]:
    if post.trashed_at is not None:
        yield "trashed"
    yield PostState(post.state).value
    if plan is not None:
        yield f"to-be-{plan.action}ed"
    if post.published_revision not in (None, post.head):
        yield "unpublished-changes"


def _rights(post: Post, by: Principal) -> Iterator[str]:
    try:
        must_publish(post, by)
    except Forbidden:
        yield "may-not-publish"


async def _author(session: AsyncSession, cms: CMS, copy: WorkingCopy) -> list[str]:
    author_id = copy.head.author_id
    known = await cms.references.resolve(session, PRINCIPAL, [author_id])
    return [] if author_id in known else ["unknown-author"]

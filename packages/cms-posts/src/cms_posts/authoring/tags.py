"""Routes of tags as such, for those who keep them in order."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Query, Response
from pydantic import BaseModel, ConfigDict
from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from cms_core import (
    AdminRouter,
    IfMatch,
    Listing,
    Page,
    Principal,
    Snapshot,
    Sort,
    Sparse,
    Transaction,
    answer,
    listing,
    requires,
)
from cms_posts.authoring.bodies import Slug, TagName
from cms_posts.errors import TagNotFound
from cms_posts.models import MAX_TAG_NAME, Post, PostTag, PublishedPostTag, Tag
from cms_posts.permissions import MANAGE_TAGS
from cms_posts.service.tags import delete_tag, merge_tag, rename_tag

TagKeeper = Annotated[Principal, requires(MANAGE_TAGS)]
_columns = Tag.__table__.c
_SORTS = {"slug": Sort((_columns.slug,)), "name": Sort((_columns.name, _columns.id))}


class KeptTag(Sparse):
    """A tag, with how many posts have it; those in the trash are not counted."""

    slug: str
    name: str
    posts: int
    published_posts: int


class TagPatch(BaseModel):
    """What to change; a slug that the tag had before goes on leading to it."""

    model_config = ConfigDict(extra="forbid")

    name: TagName | None = None
    slug: Slug | None = None


class TagMerge(BaseModel):
    """The tag that takes the place of this one."""

    model_config = ConfigDict(extra="forbid")

    into: Slug


def tags_router() -> AdminRouter:
    """Return the router of tags."""
    router = AdminRouter("/tags")

    @router.get("", response_model=Page[KeptTag])
    async def list_tags(
        session: Snapshot,
        by: TagKeeper,
        page: Annotated[Listing, Depends(listing(KeptTag, _SORTS, "slug"))],
        q: Annotated[
            str | None,
            Query(min_length=1, max_length=MAX_TAG_NAME, description="Part of the name or slug."),
        ] = None,
    ) -> Response:
        """List all tags, those of drafts too."""
        rows = await page.rows(session, _tags(q))
        return page.answer([KeptTag(**row._mapping) for row in rows.rows], rows)

    @router.get("/{slug}", response_model=KeptTag)
    async def read(session: Snapshot, slug: str, by: TagKeeper) -> Response:
        """Read a tag."""
        return await _answer(session, slug)

    @router.patch("/{slug}", response_model=KeptTag)
    async def rename(
        session: Transaction, slug: str, body: TagPatch, by: TagKeeper, if_match: IfMatch
    ) -> Response:
        """Rename a tag, on every post at once; `tag-taken` (409) where another tag has the name."""
        tag = await rename_tag(
            session, slug, by=by, name=body.name, new_slug=body.slug, precondition=if_match
        )
        return await _answer(session, tag.slug)

    @router.post("/{slug}/merge", response_model=KeptTag)
    async def merge(
        session: Transaction, slug: str, body: TagMerge, by: TagKeeper, if_match: IfMatch
    ) -> Response:
        """Give every post of this tag another one instead; the answer is that other tag."""
        tag = await merge_tag(session, slug, body.into, by=by, precondition=if_match)
        return await _answer(session, tag.slug)

    @router.delete("/{slug}", status_code=204)
    async def delete(session: Transaction, slug: str, by: TagKeeper, if_match: IfMatch) -> Response:
        """Take a tag from every post, and forget it."""
        await delete_tag(session, slug, by=by, precondition=if_match)
        return Response(status_code=204)

    return router


_WORKING = (
    select(func.count())
    .select_from(PostTag)
    .join(Post, Post.id == PostTag.post_id)
    .where(PostTag.tag_id == Tag.id, Post.trashed_at.is_(None))
    .correlate(Tag)
    .scalar_subquery()
)
_LIVE = (
    select(func.count())
    .select_from(PublishedPostTag)
    .where(PublishedPostTag.tag_id == Tag.id)
    .correlate(Tag)
    .scalar_subquery()
)
_KEPT = select(Tag.slug, Tag.name, _WORKING.label("posts"), _LIVE.label("published_posts")).where(
    Tag.merged_into.is_(None)
)


def _tags(q: str | None) -> Select[Any]:
    if q is None:
        return _KEPT
    return _KEPT.where(
        Tag.name.icontains(q, autoescape=True) | Tag.slug.icontains(q, autoescape=True)
    )


async def _answer(session: AsyncSession, slug: str) -> Response:
    statement = _KEPT.where(Tag.slug == slug).add_columns(Tag.version)
    row = (await session.execute(statement)).one_or_none()
    if row is None:
        raise TagNotFound
    return answer(KeptTag(**row._mapping), version=row.version)

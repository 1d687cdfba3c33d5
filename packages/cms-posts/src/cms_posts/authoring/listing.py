"""The lists that authors see: working copies, the revisions of a post, its preview links."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, func, not_, select

from cms_core import Sort
from cms_posts.authoring.plans import is_scheduled
from cms_posts.models import Post, PostRevision, PostTag, PreviewLink, Tag
from cms_posts.queries import HEAD


class Status(StrEnum):
    """What a post is to its authors. The trash goes before all else."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    PUBLISHED = "published"
    UNPUBLISHED = "unpublished"
    TRASHED = "trashed"


@dataclass(frozen=True, slots=True)
class Filters:
    """Which working copies: all those not in the trash, unless it says otherwise."""

    status: Status | None = None
    author: UUID | None = None
    #: The principal whose posts alone may be seen.
    of: UUID | None = None
    #: Slug of a tag.
    tag: str | None = None
    #: Part of the title or the slug, in capitals or not.
    q: str | None = None
    trashed: bool = False

    def conditions(self) -> Iterator[ColumnElement[bool]]:
        """Yield what must be true of the post."""
        trashed = self.trashed or self.status is Status.TRASHED
        yield Post.trashed_at.is_not(None) if trashed else Post.trashed_at.is_(None)
        if self.status is Status.SCHEDULED:
            yield is_scheduled()
        elif self.status not in (None, Status.TRASHED):
            yield Post.state == self.status
            yield not_(is_scheduled())
        for author in (self.author, self.of):
            if author is not None:
                yield Post.author_id == author
        if self.tag is not None:
            tagged = select(func.coalesce(Tag.merged_into, Tag.id)).where(Tag.slug == self.tag)
            of_tag = PostTag.tag_id == tagged.scalar_subquery()
            yield exists().where(PostTag.post_id == Post.id, of_tag)
        if self.q is not None:
            title, slug = (c.icontains(self.q, autoescape=True) for c in (Post.title, Post.slug))
            yield title | slug


_posts, _revisions, _links = (cls.__table__.c for cls in (Post, PostRevision, PreviewLink))

#: Fields of a post in a list that are read and sent only when they are asked for.
BODIES = frozenset({"body", "body_html"})
POST_SORTS = {
    name: Sort((_posts[name], _posts.id)) for name in ("updated_at", "created_at", "title")
}
REVISION_SORTS = {"number": Sort((_revisions.number,))}
PREVIEW_LINK_SORTS = {"created_at": Sort((_links.created_at, _links.id))}

_OF_REVISION = ("excerpt", "body_format", "language", "cover_id", "tags", "seo", "extensions")


def working_copies(filters: Filters, bodies: Collection[str] = ()) -> Select[Any]:
    """Working copies, unordered, with these bodies."""
    columns = [_revisions[name] for name in (*_OF_REVISION, *sorted(bodies))]
    # From the outside, and by its key: counting need not look at any revision.
    source = Post.__table__.outerjoin(PostRevision.__table__, HEAD)
    return select(*_posts, *columns).select_from(source).where(*filters.conditions())


def revisions(post_id: UUID) -> Select[Any]:
    """The revisions of a post, unordered, without their contents."""
    names = ("number", "created_at", "created_by", "note", "title")
    return select(*(_revisions[name] for name in names)).where(_revisions.post_id == post_id)


def preview_links(post_id: UUID) -> Select[Any]:
    """The preview links of a post, unordered."""
    return select(*_links).where(_links.post_id == post_id)

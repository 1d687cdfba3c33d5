"""Tables of posts: the working copy, its immutable revisions, and what readers see of it.

`published_posts` and `published_post_tags` hold a row exactly while a post is live: readers query
these two and nothing else, so a draft can't reach them by a forgotten condition.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, ForeignKey, Index, Integer, String, Text, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from cms_core import Base, Instant, Json, new_id

MAX_TITLE = 300
MAX_SLUG = 100
MAX_TAG_NAME = 100


class PostState(StrEnum):
    """What is stored of a post's status; `scheduled` and `trashed` are derived."""

    DRAFT = "draft"  # never published
    PUBLISHED = "published"  # live
    UNPUBLISHED = "unpublished"  # was live, taken down


class TransitionAction(StrEnum):
    """What a planned transition does to its post."""

    PUBLISH = "publish"
    UNPUBLISH = "unpublish"


class TransitionState(StrEnum):
    """What has become of a planned transition."""

    PLANNED = "planned"
    APPLIED = "applied"
    CANCELLED = "cancelled"
    FAILED = "failed"  # given up after too many attempts, until somebody retries it


class BodyFormat(StrEnum):
    """What the body of a post is written in."""

    MARKDOWN = "markdown"
    HTML = "html"


class Post(Base):
    """A post as authors handle it; the columns after `head` repeat the head revision for lists."""

    __tablename__ = "posts"
    __table_args__ = (
        Index("ix_posts_updated_at", "updated_at", "id"),
        Index("ix_posts_created_at", "created_at", "id"),
        Index("ix_posts_title", "title", "id"),
        Index("ix_posts_state", "state", "updated_at", "id"),
        Index("ix_posts_author", "author_id", "updated_at", "id"),
        Index("ix_posts_trashed_at", "trashed_at"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    #: Bumped by every change of the working copy, its plan or its state: the ETag.
    version: Mapped[int] = mapped_column(Integer, default=1)
    state: Mapped[PostState] = mapped_column(String(20), default=PostState.DRAFT)
    #: Number of the newest revision, the working copy.
    head: Mapped[int] = mapped_column(Integer, default=1)
    published_revision: Mapped[int | None] = mapped_column(Integer)
    title: Mapped[str] = mapped_column(String(MAX_TITLE))
    slug: Mapped[str] = mapped_column(String(MAX_SLUG))
    author_id: Mapped[UUID] = mapped_column(Uuid)
    created_at: Mapped[datetime] = mapped_column(Instant)
    updated_at: Mapped[datetime] = mapped_column(Instant)
    #: When it became live this time (or last time), and the very first time.
    published_at: Mapped[datetime | None] = mapped_column(Instant)
    first_published_at: Mapped[datetime | None] = mapped_column(Instant)
    trashed_at: Mapped[datetime | None] = mapped_column(Instant)

    def change(self, now: datetime) -> dict[str, Any]:
        """What every change sets, beside what it is about: the next version."""
        return {"version": self.version + 1, "updated_at": now}

    def mark_changed(self, now: datetime) -> None:
        """Give the post its next version."""
        for name, value in self.change(now).items():
            setattr(self, name, value)


class PostRevision(Base):
    """One saved state of a post's content. Never changed after it was written."""

    __tablename__ = "post_revisions"

    post_id: Mapped[UUID] = mapped_column(
        ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    created_at: Mapped[datetime] = mapped_column(Instant)
    #: Who saved it; the author that readers see is `author_id`.
    created_by: Mapped[UUID] = mapped_column(Uuid)
    note: Mapped[str] = mapped_column(String(500), default="")
    title: Mapped[str] = mapped_column(String(MAX_TITLE))
    slug: Mapped[str] = mapped_column(String(MAX_SLUG))
    excerpt: Mapped[str] = mapped_column(Text, default="")
    body: Mapped[str] = mapped_column(Text, default="")
    body_format: Mapped[BodyFormat] = mapped_column(String(20), default=BodyFormat.MARKDOWN)
    #: Rendered and sanitised when saved, so that reading never renders.
    body_html: Mapped[str] = mapped_column(Text, default="")
    language: Mapped[str] = mapped_column(String(35))
    author_id: Mapped[UUID] = mapped_column(Uuid)
    cover_id: Mapped[UUID | None] = mapped_column(Uuid)
    #: Ids of its tags in the author's order, as strings: a renamed tag shows its present name.
    tags: Mapped[list[str]] = mapped_column(Json, default=list)
    seo: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    #: Plugin name → that plugin's fields; kept when the plugin is absent.
    extensions: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)


class PostSlug(Base):
    """A name that a post has in some revision: reserved for it until it is purged."""

    __tablename__ = "post_slugs"

    slug: Mapped[str] = mapped_column(String(MAX_SLUG), primary_key=True)
    post_id: Mapped[UUID] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"), index=True)
    #: Whether readers ever knew it: only such a name may redirect, or drafts' names would leak.
    was_live: Mapped[bool] = mapped_column(Boolean, default=False)


class Tag(Base):
    __tablename__ = "tags"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    slug: Mapped[str] = mapped_column(String(MAX_SLUG), unique=True)
    name: Mapped[str] = mapped_column(String(MAX_TAG_NAME))
    #: Bumped by every change: the ETag.
    version: Mapped[int] = mapped_column(Integer, default=1)
    #: The tag that took its place: old revisions and old links go on working.
    merged_into: Mapped[UUID | None] = mapped_column(ForeignKey("tags.id"), index=True)


class PostTag(Base):
    """A tag of a working copy."""

    __tablename__ = "post_tags"
    __table_args__ = (Index("ix_post_tags_post", "post_id"),)

    tag_id: Mapped[UUID] = mapped_column(ForeignKey("tags.id"), primary_key=True)
    post_id: Mapped[UUID] = mapped_column(
        ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True
    )


class PublishedPost(Base):
    """A live post: which revision readers see, under which name, since when."""

    __tablename__ = "published_posts"
    __table_args__ = (
        Index("ix_published_posts_published_at", "published_at", "post_id"),
        Index("ix_published_posts_updated_at", "updated_at", "post_id"),
        Index("ix_published_posts_title", "title", "post_id"),
        Index("ix_published_posts_author", "author_id", "published_at", "post_id"),
    )

    post_id: Mapped[UUID] = mapped_column(
        ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True
    )
    revision: Mapped[int] = mapped_column(Integer)
    slug: Mapped[str] = mapped_column(String(MAX_SLUG), unique=True)
    title: Mapped[str] = mapped_column(String(MAX_TITLE))
    author_id: Mapped[UUID] = mapped_column(Uuid)
    published_at: Mapped[datetime] = mapped_column(Instant)
    #: When what readers see last changed.
    updated_at: Mapped[datetime] = mapped_column(Instant)


class PublishedPostTag(Base):
    """A tag of a live post, with the date that its list is ordered by."""

    __tablename__ = "published_post_tags"
    __table_args__ = (
        Index("ix_published_post_tags_list", "tag_id", "published_at", "post_id"),
        Index("ix_published_post_tags_post", "post_id"),
    )

    tag_id: Mapped[UUID] = mapped_column(ForeignKey("tags.id"), primary_key=True)
    post_id: Mapped[UUID] = mapped_column(
        ForeignKey("published_posts.post_id", ondelete="CASCADE"), primary_key=True
    )
    published_at: Mapped[datetime] = mapped_column(Instant)


#: Of all transitions that a site ever had, the few to come are looked for all the time.
_OPEN = text("try_at IS NOT NULL")


class PostTransition(Base):
    """A planned change of what readers see of a post.

    Guarded by the lock of its post: whoever plans, cancels or applies holds that row.
    """

    __tablename__ = "post_transitions"
    __table_args__ = (
        Index("ix_post_transitions_try_at", "try_at", postgresql_where=_OPEN, sqlite_where=_OPEN),
        Index("ix_post_transitions_due_at", "due_at", "id"),
        Index("ix_post_transitions_state", "state", "due_at", "id"),
        Index("ix_post_transitions_post", "post_id", "due_at"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    post_id: Mapped[UUID] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"))
    action: Mapped[TransitionAction] = mapped_column(String(20))
    #: The revision to publish; NULL where the post is taken down.
    revision: Mapped[int | None] = mapped_column(Integer)
    state: Mapped[TransitionState] = mapped_column(String(20), default=TransitionState.PLANNED)
    due_at: Mapped[datetime] = mapped_column(Instant)
    #: The wall time and zone that `due_at` was derived from, by the rules of that release.
    local: Mapped[str | None] = mapped_column(String(30))
    time_zone: Mapped[str | None] = mapped_column(String(100))
    zone_rules: Mapped[str | None] = mapped_column(String(20))
    #: When it is tried next: later than due while it backs off, NULL unless it is planned.
    try_at: Mapped[datetime | None] = mapped_column(Instant)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    last_error: Mapped[str | None] = mapped_column(Text)
    #: Bumped by every change: the ETag.
    version: Mapped[int] = mapped_column(Integer, default=1)
    created_by: Mapped[UUID] = mapped_column(Uuid)
    created_at: Mapped[datetime] = mapped_column(Instant)
    applied_at: Mapped[datetime | None] = mapped_column(Instant)
    cancelled_at: Mapped[datetime | None] = mapped_column(Instant)


class PreviewLink(Base):
    """Leave to look at a post's working copy without an account, until it expires or is revoked."""

    __tablename__ = "preview_links"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    post_id: Mapped[UUID] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"), index=True)
    created_by: Mapped[UUID] = mapped_column(Uuid)
    created_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)


#: All mapped classes and the table names that posts claims beyond ``posts_*``.
MODELS: tuple[type[Base], ...] = (
    Post,
    PostRevision,
    PostSlug,
    Tag,
    PostTag,
    PublishedPost,
    PublishedPostTag,
    PostTransition,
    PreviewLink,
)

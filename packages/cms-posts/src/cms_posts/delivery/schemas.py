"""What is delivered, as it appears in JSON."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from cms_core import Sparse
from cms_posts.models import BodyFormat

#: Fields of a listed post that are read and sent only when `fields` names them.
BODIES = frozenset({"body", "body_html"})


class ShownTag(BaseModel):
    """A tag under its present name."""

    slug: str
    name: str


class ShownAuthor(BaseModel):
    """Who wrote it; no more than that is public."""

    id: UUID
    name: str


class Seo(BaseModel):
    """What search engines are told in place of the post's own words."""

    title: str | None = None
    description: str | None = None
    canonical_url: str | None = None


class _Delivered(BaseModel):
    id: UUID
    slug: str
    title: str
    excerpt: str
    body_format: BodyFormat
    author: ShownAuthor | None = Field(description="Null where the account is not known any more.")
    tags: list[ShownTag] = Field(description="In the author's order.")
    cover: dict[str, Any] | None = Field(description="The media object; null without a cover.")
    language: str = Field(description="BCP 47.")
    seo: Seo
    extensions: dict[str, dict[str, Any]] = Field(description="Plugin name to its public fields.")
    updated_at: datetime = Field(description="When what readers see last changed.")
    revision: int


class DeliveredPost(_Delivered):
    """A live post."""

    body: str = Field(description="As written, in `body_format`.")
    body_html: str = Field(description="Rendered and sanitised.")
    published_at: datetime


class ListedPost(_Delivered, Sparse):
    """A live post in a list; the bodies only when `fields` names them."""

    body: str | None = None
    body_html: str | None = None
    published_at: datetime


class PreviewedPost(_Delivered):
    """A working copy, as it would be delivered; `published_at` is null for one never published."""

    body: str
    body_html: str
    published_at: datetime | None


class ListedTag(Sparse):
    """A tag of at least one live post."""

    slug: str
    name: str
    posts: int = Field(description="Number of live posts.")

"""The content of a post as it is handed in, and the working copy that comes of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypedDict
from uuid import UUID

from cms_posts.models import BodyFormat, Post, PostRevision


@dataclass(frozen=True, slots=True)
class PostContent:
    """All that an author decides about a new post, already checked for form and size."""

    title: str
    #: BCP 47.
    language: str
    #: None: made from the title, distinct from the names of all other posts.
    slug: str | None = None
    excerpt: str = ""
    body: str = ""
    body_format: BodyFormat = BodyFormat.MARKDOWN
    #: Names, in the author's order; those that nobody has used yet are made.
    tags: Sequence[str] = ()
    #: None: whoever saves it.
    author_id: UUID | None = None
    cover_id: UUID | None = None
    seo: Mapping[str, Any] = field(default_factory=dict)
    #: Plugin → its fields, as its schema has left them.
    extensions: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""


class PostChanges(TypedDict, total=False):
    """The fields of `PostContent` to change; those left out stay as they are.

    A `slug` of None makes one from the title. `extensions` are replaced plugin by plugin; None
    takes that plugin's fields away.
    """

    title: str
    language: str
    slug: str | None
    excerpt: str
    body: str
    body_format: BodyFormat
    tags: Sequence[str]
    author_id: UUID
    cover_id: UUID | None
    seo: Mapping[str, Any]
    extensions: Mapping[str, Any]
    note: str


class WorkingCopy(NamedTuple):
    """A post and its newest revision."""

    post: Post
    head: PostRevision

"""What authors are answered, as it appears in JSON."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from cms_core import Sparse
from cms_posts.authoring.listing import Status
from cms_posts.delivery.schemas import Seo, ShownTag
from cms_posts.diffing import FieldChange, Hunk
from cms_posts.models import BodyFormat, TransitionAction


class Author(BaseModel):
    """A principal by its public name; null where nobody knows the account any more."""

    id: UUID
    name: str | None


class PlannedTransition(BaseModel):
    """What happens to the post next, and when."""

    action: TransitionAction
    at: datetime
    revision: int | None = Field(description="The one to publish; null for a taking down.")


class _Content(BaseModel):
    slug: str
    title: str
    excerpt: str
    body_format: BodyFormat
    tags: list[ShownTag] = Field(description="In the author's order, under their present names.")
    cover: dict[str, Any] | None = Field(description="The media object; null without a cover.")
    language: str = Field(description="BCP 47.")
    seo: Seo
    extensions: dict[str, Any] = Field(description="Plugin to its fields.")


class _WorkingPost(_Content):
    id: UUID
    author: Author
    created_at: datetime
    updated_at: datetime = Field(description="When the working copy or its state last changed.")
    published_at: datetime | None = Field(description="When it went live, this time or last time.")
    status: Status
    revision: int = Field(description="Number of the working copy's revision, the newest.")
    published_revision: int | None = Field(description="What readers see; null when not live.")
    has_unpublished_changes: bool = Field(description="Live, but not in its newest revision.")
    next_transition: PlannedTransition | None


class WorkingPost(_WorkingPost):
    """The working copy of a post."""

    body: str = Field(description="As written, in `body_format`.")
    body_html: str = Field(description="Rendered and sanitised.")


class ListedWorkingPost(_WorkingPost, Sparse):
    """The working copy of a post in a list; the bodies only when `fields` names them."""

    body: str | None = None
    body_html: str | None = None


class ListedRevision(Sparse):
    """One saved state of a post."""

    number: int
    created_at: datetime
    author: Author = Field(description="Who saved it.")
    note: str
    title: str


class Revision(_Content):
    """One saved state of a post, with its content."""

    number: int
    created_at: datetime
    author: Author = Field(description="Who saved it.")
    note: str
    post_author: Author = Field(description="Whom it names as the author of the post.")
    body: str
    body_html: str


class RevisionDiff(BaseModel):
    """How a revision differs from another one."""

    number: int
    against: int | None = Field(description="The other one; null: from nothing, the first one's.")
    fields: list[FieldChange] = Field(description="Named as in requests; `seo.title` is inside.")
    body: list[Hunk] = Field(description="The whole body, line by line.")


class Reason(BaseModel):
    """Why readers see a post as they do."""

    code: str
    message: str


class Visibility(BaseModel):
    """Whether readers see a post now."""

    visible: bool
    url: str | None = Field(description="Its page on the site; null when it is not visible.")
    revision: int
    published_revision: int | None
    reasons: list[Reason]


class ListedPreviewLink(Sparse):
    """Leave to look at a working copy; its address is shown only once."""

    id: UUID
    created_at: datetime
    created_by: Author
    expires_at: datetime
    revoked_at: datetime | None


class CreatedPreviewLink(BaseModel):
    """A new preview link; keep the address, it is not shown again."""

    id: UUID
    url: str
    expires_at: datetime

"""The JSON lines of an export: one post on each line, with all that belongs to it.

Accounts and tags travel with their names, so that another site can make them. HTML does not
travel: it is rendered anew, and so sanitised, wherever it arrives.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from cms_posts.models import (
    MAX_SLUG,
    MAX_TAG_NAME,
    MAX_TITLE,
    BodyFormat,
    PostState,
    TransitionAction,
)
from cms_posts.slugs import is_slug

MAX_REVISIONS = 100_000
MAX_PLAN = 1000


def _storable(text: str) -> str:
    if "\x00" in text or any("\ud800" <= char <= "\udfff" for char in text):
        raise ValueError("holds a NUL character or a lone surrogate")
    return text


def _a_slug(text: str) -> str:
    if not is_slug(text):
        raise ValueError("is no slug")
    return text


Text = Annotated[str, AfterValidator(_storable)]
Slug = Annotated[str, Field(max_length=MAX_SLUG), AfterValidator(_a_slug)]


class _Line(BaseModel):
    model_config = ConfigDict(extra="forbid")


class PersonLine(_Line):
    """An account; the name is null where nobody knows the account any more."""

    id: UUID
    name: Text | None = None


class TagLine(_Line):
    slug: Slug
    name: Annotated[Text, Field(min_length=1, max_length=MAX_TAG_NAME)]


class RevisionLine(_Line):
    """One saved state of a post."""

    created_at: AwareDatetime
    created_by: PersonLine
    note: Annotated[Text, Field(max_length=500)] = ""
    title: Annotated[Text, Field(min_length=1, max_length=MAX_TITLE)]
    slug: Slug
    excerpt: Text = ""
    body: Text = ""
    body_format: BodyFormat = BodyFormat.MARKDOWN
    language: Annotated[Text, Field(max_length=35)]
    author: PersonLine
    cover_id: UUID | None = None
    tags: list[TagLine] = []
    seo: dict[str, Any] = {}
    extensions: dict[str, Any] = {}


class TransitionLine(_Line):
    """A planned transition that was still to come."""

    action: TransitionAction
    due_at: AwareDatetime
    revision: Annotated[int, Field(ge=1)] | None = None
    local: Annotated[Text, Field(max_length=30)] | None = None
    time_zone: Annotated[Text, Field(max_length=100)] | None = None
    zone_rules: Annotated[Text, Field(max_length=20)] | None = None


class PostLine(_Line):
    """A post with all its revisions, the oldest first."""

    id: UUID
    version: Annotated[int, Field(ge=1)]
    state: PostState
    created_at: AwareDatetime
    updated_at: AwareDatetime
    published_revision: Annotated[int, Field(ge=1)] | None = None
    published_at: AwareDatetime | None = None
    first_published_at: AwareDatetime | None = None
    shown_at: AwareDatetime | None = None
    trashed_at: AwareDatetime | None = None
    former_slugs: list[Slug] = []
    revisions: Annotated[list[RevisionLine], Field(min_length=1, max_length=MAX_REVISIONS)]
    plan: Annotated[list[TransitionLine], Field(max_length=MAX_PLAN)] = []

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        live = self.published_revision is not None
        if live != (self.state is PostState.PUBLISHED):
            raise ValueError("exactly a published post has a published_revision")
        if live and self.published_at is None:
            raise ValueError("a published post needs published_at")
        if live and self.trashed_at is not None:
            raise ValueError("a post in the trash is not published")
        if self.plan and self.trashed_at is not None:
            raise ValueError("a post in the trash has no plan")
        for each in self.plan:
            if (each.revision is not None) != (each.action is TransitionAction.PUBLISH):
                raise ValueError("exactly a planned publication has a revision")
            if (each.revision or 1) > len(self.revisions):
                raise ValueError("plan names a revision that is missing")
        if (self.published_revision or 1) > len(self.revisions):
            raise ValueError("published_revision names a revision that is missing")
        return self


class SimpleStatus(StrEnum):
    DRAFT = "draft"
    PUBLISHED = "published"


class SimpleLine(BaseModel):
    """A post without history, as generators and scripts write it; other fields are ignored."""

    title: Annotated[Text, Field(min_length=1, max_length=MAX_TITLE)]
    slug: Text = ""
    body: Text = ""
    author: Text = ""
    tags: list[Annotated[Text, Field(min_length=1, max_length=MAX_TAG_NAME)]] = []
    status: SimpleStatus = SimpleStatus.DRAFT
    created_at: AwareDatetime
    published_at: AwareDatetime | None = None

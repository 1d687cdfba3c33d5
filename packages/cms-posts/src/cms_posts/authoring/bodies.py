"""Request bodies: what an author may send, checked for form and size."""

from __future__ import annotations

import json
import re
from typing import Annotated, Any
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from cms_posts.models import MAX_SLUG, MAX_TITLE, BodyFormat
from cms_posts.rendering import MAX_LENGTH
from cms_posts.slugs import is_slug

MAX_EXTENSIONS = 64 * 1024
MAX_INTEGER = 2**31 - 1
_LANGUAGE = (
    r"^(?:[A-Za-z]{2,3}(?:-[A-Za-z]{3}){0,3}|[A-Za-z]{4,8})(?:-[A-Za-z]{4})?"
    r"(?:-(?:[A-Za-z]{2}|[0-9]{3}))?(?:-(?:[A-Za-z0-9]{5,8}|[0-9][A-Za-z0-9]{3}))*"
    r"(?:-[0-9A-WY-Za-wy-z](?:-[A-Za-z0-9]{2,8})+)*(?:-[Xx](?:-[A-Za-z0-9]{1,8})+)?$"
)


def _checked_slug(slug: str) -> str:
    if not is_slug(slug):
        raise ValueError("lower-case letters and digits, joined by single hyphens; not like an id")
    return slug


def _one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def _web_address(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or re.search(r"[\s\\]", url):
        raise ValueError("an absolute http or https address")
    return url


def _not_too_large(parts: dict[str, Any]) -> dict[str, Any]:
    if len(json.dumps(parts, ensure_ascii=False).encode()) > MAX_EXTENSIONS:
        raise ValueError(f"at most {MAX_EXTENSIONS} bytes of JSON")
    return parts


def _text(longest: int, shortest: int = 0) -> StringConstraints:
    return StringConstraints(strip_whitespace=True, min_length=shortest, max_length=longest)


Title = Annotated[str, _text(MAX_TITLE, 1)]
TagName = Annotated[str, _text(100, 1), AfterValidator(_one_line)]
Slug = Annotated[
    str,
    Field(max_length=MAX_SLUG, pattern="^[a-z0-9]+(?:-[a-z0-9]+)*$"),
    AfterValidator(_checked_slug),
]
Language = Annotated[str, Field(max_length=35, pattern=_LANGUAGE)]
WebAddress = Annotated[str, _text(2000), Field(pattern="^https?://"), AfterValidator(_web_address)]
Extensions = Annotated[dict[str, dict[str, Any] | None], AfterValidator(_not_too_large)]
RevisionNumber = Annotated[int, Field(ge=1, le=MAX_INTEGER, strict=True)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class SeoBody(_Body):
    """What search engines are told in place of the post's own words."""

    title: Annotated[str, _text(MAX_TITLE)] | None = None
    description: Annotated[str, _text(1000)] | None = None
    canonical_url: WebAddress | None = None


class _PostBody(_Body):
    slug: Slug | None = Field(
        None, description="Null: made from the title, with a suffix if taken."
    )
    excerpt: Annotated[str, _text(1000)] = ""
    body: str = Field("", max_length=MAX_LENGTH)
    body_format: BodyFormat = BodyFormat.MARKDOWN
    language: Language | None = Field(None, description="BCP 47; null: CMS_POSTS__LANGUAGE.")
    tags: list[TagName] = Field([], max_length=50, description="Names; new ones are made.")
    author_id: UUID | None = Field(
        None, description="Another than oneself takes `posts:write-any` (403); null: oneself."
    )
    cover: UUID | None = Field(None, description="Id of a media object.")
    seo: SeoBody = SeoBody()
    extensions: Extensions = Field(
        {}, description="Plugin to its fields, 64 KB of JSON; null takes that plugin's away."
    )
    note: Annotated[str, _text(500)] = Field("", description="What this revision is about.")


class NewPost(_PostBody):
    """A draft to create."""

    title: Title


def _without_defaults(schema: dict[str, Any]) -> None:
    # What is left out stays as it is: the defaults are those of new posts.
    for each in schema["properties"].values():
        each.pop("default", None)


class PostPatch(_PostBody):
    """What to change; fields left out stay as they are, `extensions` plugin by plugin."""

    model_config = ConfigDict(json_schema_extra=_without_defaults)

    title: Title = ""


class Publication(_Body):
    """Which revision to publish."""

    revision: RevisionNumber | None = Field(None, description="Null: the working copy's.")


class NewPreviewLink(_Body):
    """How long a preview link lasts."""

    expires_in: int = Field(
        ge=60, le=MAX_INTEGER, strict=True, description="Seconds; at most the server's limit."
    )

"""Which posts a reader asks for, from the query string."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Query

from cms_core import InstantInput, Listing, listing
from cms_posts import scopes
from cms_posts.delivery.queries import SORTS, TAG_SORTS
from cms_posts.delivery.schemas import BODIES, ListedPost, ListedTag
from cms_posts.models import MAX_SLUG

SLUG = r"^[a-z0-9]+(-[a-z0-9]+)*$"


@dataclass(frozen=True, slots=True)
class Filters:
    """Which live posts: `tag` is a slug; `since` is included, `until` is not."""

    tag: str | None = None
    author: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None

    def parameters(self, tag_id: UUID | None) -> dict[str, Any]:
        """What the statement is to filter by, of all that it can."""
        wanted = {"tag": tag_id, "author": self.author, "since": self.since, "until": self.until}
        return {name: value for name, value in wanted.items() if value is not None}

    def scope(self) -> str:
        """The narrowest scope that changes whenever this selection does."""
        if self.tag is not None:
            return scopes.of_tag(self.tag)
        if self.author is not None:
            return scopes.of_author(self.author)
        if self.since is not None and self.until is not None and self.since < self.until:
            last = scopes.of_month(self.until - timedelta(microseconds=1))
            if scopes.of_month(self.since) == last:
                return last
        return scopes.POSTS


TagFilter = Annotated[
    str | None,
    Query(pattern=SLUG, max_length=MAX_SLUG, description="Slug of a tag, or of one merged away."),
]


async def _filters(
    tag: TagFilter = None,
    author: Annotated[UUID | None, Query(description="Id of the author.")] = None,
    published_after: Annotated[
        InstantInput | None, Query(description="At this instant or later.")
    ] = None,
    published_before: Annotated[
        InstantInput | None, Query(description="Before this instant.")
    ] = None,
    month: Annotated[
        str | None,
        Query(pattern=r"^[12]\d{3}-(0[1-9]|1[0-2])$", description="UTC, such as `2026-11`."),
    ] = None,
) -> Filters:
    starts, ends = [published_after], [published_before]
    if month is not None:
        start = datetime.strptime(month, "%Y-%m").replace(tzinfo=UTC)
        starts.append(start)
        ends.append((start + timedelta(days=31)).replace(day=1))
    return Filters(
        tag=tag,
        author=author,
        since=max((moment for moment in starts if moment is not None), default=None),
        until=min((moment for moment in ends if moment is not None), default=None),
    )


PostFilters = Annotated[Filters, Depends(_filters)]
PostListing = Annotated[Listing, Depends(listing(ListedPost, SORTS, "-published_at", BODIES))]
TagListing = Annotated[Listing, Depends(listing(ListedTag, TAG_SORTS, "slug"))]

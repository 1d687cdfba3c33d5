"""Tags as readers see them."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from fastapi import Response

from cms_core import Listing, Snapshot
from cms_posts import scopes
from cms_posts.delivery import queries
from cms_posts.delivery.schemas import ListedTag

#: No tag has this id.
_NIL = UUID(int=0)


@dataclass(frozen=True, slots=True)
class PresentTag:
    """What a tag's slug stands for now."""

    id: UUID
    name: str


async def present_tag(session: Snapshot, slug: str) -> PresentTag:
    """The tag of a slug, or the one that it was merged into.

    An unknown tag is one without posts: which tags there are is as public as their posts are.
    """
    session.depends_on(scopes.of_tag(slug))
    found = await queries.find_tag(session, slug)
    if found is None:
        return PresentTag(_NIL, slug)
    if not found.is_live:
        # Its present name is nobody's business; the first post that it gets changes this scope.
        session.depends_on(scopes.TAGS)
        return PresentTag(found.id, slug)
    session.depends_on(scopes.of_tag(found.slug))
    return PresentTag(found.id, found.name)


async def list_tags(session: Snapshot, listing: Listing) -> Response:
    """A page of the tags that live posts have, with how many they are."""
    session.depends_on(scopes.TAGS)
    page = await listing.rows(session, queries.LIVE_TAGS, parameters={})
    tags = [ListedTag(slug=row.slug, name=row.name, posts=row.posts) for row in page.rows]
    return listing.answer(tags, page)

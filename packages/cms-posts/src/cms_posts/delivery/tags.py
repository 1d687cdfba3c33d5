"""Tags as readers see them."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from fastapi import Response

from cms_core import Listing, Snapshot, recall, remember
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
    #: Its present slug; None as long as no live post has it.
    slug: str | None = None

    @property
    def scope(self) -> str:
        """The scope that changes when it is called otherwise, or gets its first post."""
        return scopes.TAGS if self.slug is None else scopes.of_tag(self.slug)


async def present_tag(session: Snapshot, slug: str) -> PresentTag:
    """The tag of a slug, or the one that it was merged into.

    An unknown tag is one without posts: which tags there are is as public as their posts are.
    """
    session.depends_on(scopes.of_tag(slug))
    known: dict[str, PresentTag] = recall(session, "tag of slug", [slug])
    if slug not in known:
        found = await queries.find_tag(session, slug)
        if found is None:
            return PresentTag(_NIL, slug)
        # Where it has no posts, its present name is nobody's business.
        present = PresentTag(found.id, found.name, found.slug) if found.is_live else None
        known[slug] = present or PresentTag(found.id, slug)
        remember(session, "tag of slug", known, scopes.of_tag(slug), known[slug].scope)
    session.depends_on(known[slug].scope)
    return known[slug]


async def list_tags(session: Snapshot, listing: Listing) -> Response:
    """A page of the tags that live posts have, with how many they are."""
    session.depends_on(scopes.TAGS)
    page = await listing.rows(session, queries.LIVE_TAGS, parameters={})
    tags = [ListedTag(slug=row.slug, name=row.name, posts=row.posts) for row in page.rows]
    return listing.answer(tags, page)

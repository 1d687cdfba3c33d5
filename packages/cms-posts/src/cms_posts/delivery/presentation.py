"""Rows as readers see them: with the present names of tags, the author and the cover."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from cms_core import CMS, Listing, Resolved, recall, remember
from cms_posts import scopes
from cms_posts.delivery.queries import STATE, AnyRow, complete, find_tags
from cms_posts.delivery.schemas import BODIES, DeliveredPost, Seo
from cms_posts.extensions import Door, Extensions
from cms_posts.references import MEDIA, PRINCIPAL

_SEO = tuple(Seo.model_fields)
_BODIES = tuple(name for name in DeliveredPost.model_fields if name in BODIES)
#: The scopes of all that the items of lists show of other things.
SHOWN = tuple(map(scopes.of_kind, (scopes.TAGS, PRINCIPAL, MEDIA)))

#: The state that a post is in, and what a list shows of it then.
_Item: TypeAlias = tuple[tuple[Any, ...], bytes]


def everything(_: str) -> bool:
    """Ask for all fields."""
    return True


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What rows refer to, loaded for all of them at once."""

    #: By id, as revisions name them.
    tags: Mapping[str, AnyRow]
    authors: Mapping[UUID, Resolved]
    covers: Mapping[UUID, Resolved]
    extensions: Extensions

    def present(self, row: AnyRow) -> dict[str, Any]:
        """Return the fields of a post as they are delivered, in the order of the schema."""
        author, cover = self.authors.get(row.author_id), self.covers.get(row.cover_id)
        fields = {
            "id": row.id,
            "slug": row.slug,
            "title": row.title,
            "excerpt": row.excerpt,
            "body_format": row.body_format,
            "author": author and {"id": row.author_id, "name": author.public["name"]},
            "tags": self._tags_of(row),
            "cover": cover and dict(cover.public),
            "language": row.language,
            "seo": {name: row.seo.get(name) for name in _SEO},
            "extensions": self.extensions.shown(row.extensions, Door.DELIVERY),
            "updated_at": row.updated_at,
            "revision": row.revision,
        }
        for name in _BODIES:
            if hasattr(row, name):
                fields[name] = getattr(row, name)
        fields["published_at"] = row.published_at
        return fields

    def scopes_of(self, row: AnyRow) -> set[str]:
        """The scopes of all that the answer about one post shows beside it."""
        present = [self.tags[id].id for id in row.tags if id in self.tags]
        found = {scopes.of_shown_tag(id) for id in (*row.tags, *present)}
        references = ((PRINCIPAL, row.author_id, self.authors), (MEDIA, row.cover_id, self.covers))
        for kind, id, resolved in references:
            if id is not None:
                found.add(scopes.of_reference(kind, id))
                found |= resolved[id].scopes if id in resolved else set()
        return found

    def _tags_of(self, row: AnyRow) -> list[dict[str, str]]:
        """The tags in the author's order, each once, without those that are gone."""
        found = [tag for id in row.tags if (tag := self.tags.get(id)) is not None]
        return list({tag.slug: {"slug": tag.slug, "name": tag.name} for tag in found}.values())


async def tags_of(session: AsyncSession, ids: Collection[str]) -> Mapping[str, AnyRow]:
    """The tags that these ids stand for now; those that are gone are left out."""
    known: dict[str, AnyRow] = recall(session, scopes.TAGS, ids)
    missing = [UUID(id) for id in ids if id not in known]
    if missing:
        found = {str(tag.of): tag for tag in await find_tags(session, missing)}
        remember(session, scopes.TAGS, found, scopes.of_kind(scopes.TAGS))
        known |= found
    return known


class Presenter:
    """Shows rows of posts: what they refer to comes through the CMS."""

    def __init__(self, cms: CMS, extensions: Extensions) -> None:
        self._cms = cms
        self._extensions = extensions

    async def listed(
        self, session: AsyncSession, rows: Sequence[AnyRow], listing: Listing
    ) -> list[bytes]:
        """Return what a list shows of live posts: JSON, made once for each of their states.

        They depend on the scopes `SHOWN`.
        """
        kind = ("listed post", listing.fields)
        known: dict[UUID, _Item] = recall(session, kind, [row.id for row in rows])
        changed = {row.id for row in rows if row.id not in known or known[row.id][0] != row[:STATE]}
        if changed:
            bodies = frozenset(name for name in BODIES if listing.wants(name))
            found = await complete(session, changed, bodies)
            around = await self.surroundings(session, found, listing.wants)
            made = {row.id: (row[:STATE], listing.item(around.present(row))) for row in found}
            if not bodies:
                remember(session, kind, made, *SHOWN)
            known |= made
        return [known[row.id][1] for row in rows]

    async def surroundings(
        self,
        session: AsyncSession,
        rows: Sequence[AnyRow],
        wants: Callable[[str], bool] = everything,
    ) -> Surroundings:
        """Load what the rows refer to: one statement per kind that the answer will show."""

        def ids(field: str, found: Iterable[UUID | None]) -> set[UUID]:
            return {id for id in found if id is not None} if wants(field) else set()

        tags = {id for row in rows for id in row.tags} if wants("tags") else set()

        resolve = self._cms.references.resolve
        return Surroundings(
            tags=await tags_of(session, tags),
            authors=await resolve(
                session, PRINCIPAL, ids("author", (row.author_id for row in rows))
            ),
            covers=await resolve(session, MEDIA, ids("cover", (row.cover_id for row in rows))),
            extensions=self._extensions,
        )

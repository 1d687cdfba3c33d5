"""Rows as readers see them: with the present names of tags, the author and the cover."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from cms_core import CMS, Resolved, recall, remember
from cms_posts import scopes
from cms_posts.delivery.queries import AnyRow, find_tags
from cms_posts.extensions import Door, Extensions
from cms_posts.references import MEDIA, PRINCIPAL


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
        """Return the fields of a post as they are delivered."""
        fields: dict[str, Any] = row._asdict()
        author = self.authors.get(fields.pop("author_id"))
        cover = self.covers.get(fields.pop("cover_id"))
        fields["author"] = None if author is None else {"id": row.author_id, **author.public}
        fields["cover"] = None if cover is None else dict(cover.public)
        fields["tags"] = self._tags_of(row)
        fields["extensions"] = self.extensions.shown(row.extensions, Door.DELIVERY)
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
        found = [self.tags[id] for id in row.tags if id in self.tags]
        shown = {tag.slug: {"slug": tag.slug, "name": tag.name} for tag in found}
        return list(shown.values())


async def tags_of(session: AsyncSession, ids: Collection[str]) -> Mapping[str, AnyRow]:
    """The tags that these ids stand for now; those that are gone are left out."""
    known = {id: tag for id in ids if (tag := recall(session, (scopes.TAGS, id))) is not None}
    missing = [UUID(id) for id in ids if id not in known]
    for tag in await find_tags(session, missing) if missing else ():
        known[str(tag.of)] = tag
        remember(session, (scopes.TAGS, str(tag.of)), tag, scopes.of_kind(scopes.TAGS))
    return known


class Presenter:
    """Shows rows of posts: what they refer to comes through the CMS."""

    def __init__(self, cms: CMS, extensions: Extensions) -> None:
        self._cms = cms
        self._extensions = extensions

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

"""Working copies and revisions as authors see them: with names of tags, authors and covers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row, RowMapping
from sqlalchemy.ext.asyncio import AsyncSession

from cms_core import CMS, Base, Resolved
from cms_posts.authoring.listing import Status
from cms_posts.authoring.plans import next_transitions
from cms_posts.authoring.schemas import (
    ListedPreviewLink,
    ListedRevision,
    ListedWorkingPost,
    Revision,
    WorkingPost,
)
from cms_posts.content import WorkingCopy
from cms_posts.extensions import Door, Extensions
from cms_posts.models import PostRevision
from cms_posts.queries import Tags, load_tags
from cms_posts.references import MEDIA, PRINCIPAL, media_in, with_open_addresses

#: A row or an entity as its columns.
Fields = Mapping[str, Any] | RowMapping

_OF_BOTH = ("slug", "title", "excerpt", "body", "body_format", "body_html", "language")
_OF_POST = ("id", "created_at", "updated_at", "published_at", "published_revision")
_OF_REVISION = ("number", "created_at", "note", "title")
_OF_LINK = ("id", "created_at", "expires_at", "revoked_at")


@dataclass(frozen=True, slots=True)
class _Surroundings:
    """What rows refer to, loaded for all of them at once."""

    tags: Tags
    people: Mapping[UUID, Resolved]
    media: Mapping[UUID, Resolved]
    plans: Mapping[UUID, Row[Any]]
    extensions: Extensions

    def content(self, fields: Fields) -> dict[str, Any]:
        cover = self.media.get(fields["cover_id"])
        tags = self.tags.of(fields["tags"])
        same = {name: fields[name] for name in _OF_BOTH if name in fields}
        if "body_html" in same:
            same["body_html"] = with_open_addresses(same["body_html"], self.media)
        return same | {
            "tags": [{"slug": tag.slug, "name": tag.name} for tag in tags],
            "cover": None if cover is None else dict(cover.for_authors),
            "seo": fields["seo"],
            "extensions": self.extensions.shown(fields["extensions"], Door.AUTHORING),
        }

    def working_copy(self, fields: Fields) -> dict[str, Any]:
        live = fields["published_revision"]
        plan = self.plans.get(fields["id"])
        return {name: fields[name] for name in _OF_POST} | {
            **self.content(fields),
            "author": _person(self.people, fields["author_id"]),
            "status": _status(fields, plan),
            "revision": fields["head"],
            "has_unpublished_changes": live is not None and live != fields["head"],
            "next_transition": None if plan is None else _next(plan),
        }


class Presenter:
    """Shows authors their posts: one statement per kind of thing that these refer to."""

    def __init__(self, cms: CMS, extensions: Extensions) -> None:
        self._cms = cms
        self._extensions = extensions

    async def working_post(
        self, session: AsyncSession, copy: WorkingCopy, *, is_new: bool = False
    ) -> WorkingPost:
        """One working copy, with its bodies; for a new one nothing is planned yet."""
        fields = _columns(copy.head) | _columns(copy.post)
        around = await self._around(session, [fields], plans=not is_new)
        return WorkingPost(**around.working_copy(fields))

    async def listed_posts(
        self, session: AsyncSession, rows: Sequence[Fields], wants: Callable[[str], bool]
    ) -> list[ListedWorkingPost]:
        """Working copies in a list; what the client does not want is not looked up."""
        # What is planned tells the status too.
        planned = wants("status") or wants("next_transition")
        around = await self._around(session, rows, wants, plans=planned)
        return [ListedWorkingPost(**around.working_copy(fields)) for fields in rows]

    async def revision(self, session: AsyncSession, revision: PostRevision) -> Revision:
        """One revision, with its content."""
        fields = _columns(revision)
        around = await self._around(session, [fields])
        shown = around.content(fields) | _signed(fields, _OF_REVISION, "author", around.people)
        shown["post_author"] = _person(around.people, fields["author_id"])
        return Revision(**shown)

    async def listed_revisions(
        self, session: AsyncSession, rows: Sequence[Fields]
    ) -> list[ListedRevision]:
        """Revisions in a list, with who saved each."""
        people = await self._people(session, rows)
        return [ListedRevision(**_signed(row, _OF_REVISION, "author", people)) for row in rows]

    async def preview_links(
        self, session: AsyncSession, rows: Sequence[Fields]
    ) -> list[ListedPreviewLink]:
        """Preview links, with who made each."""
        people = await self._people(session, rows)
        return [ListedPreviewLink(**_signed(row, _OF_LINK, "created_by", people)) for row in rows]

    async def _around(
        self,
        session: AsyncSession,
        rows: Sequence[Fields],
        wants: Callable[[str], bool] = lambda _: True,
        *,
        plans: bool = False,
    ) -> _Surroundings:
        tags = [id for row in rows for id in row["tags"]] if wants("tags") else []
        media = [row["cover_id"] for row in rows] if wants("cover") else []
        media += [id for row in rows for id in media_in(row.get("body_html", ""))]
        people = rows if wants("author") else []
        return _Surroundings(
            tags=await load_tags(session, tags),
            people=await self._people(session, people),
            media=await self._cms.references.resolve(session, MEDIA, media),
            plans=await next_transitions(session, [row["id"] for row in rows] if plans else ()),
            extensions=self._extensions,
        )

    async def _people(
        self, session: AsyncSession, rows: Iterable[Fields]
    ) -> Mapping[UUID, Resolved]:
        ids = [row.get(name) for row in rows for name in ("author_id", "created_by")]
        return await self._cms.references.resolve(session, PRINCIPAL, ids)


def _columns(entity: Base) -> dict[str, Any]:
    return {column.key: getattr(entity, column.key) for column in type(entity).__table__.c}


def _person(people: Mapping[UUID, Resolved], id: UUID) -> dict[str, Any]:
    known = people.get(id)
    return {"id": id, "name": None if known is None else known.public.get("name")}


def _signed(
    fields: Fields, names: Iterable[str], label: str, people: Mapping[UUID, Resolved]
) -> dict[str, Any]:
    """These fields, and who made the thing."""
    return {name: fields[name] for name in names} | {label: _person(people, fields["created_by"])}


def _next(plan: Row[Any]) -> dict[str, Any]:
    return {"action": plan.action, "at": plan.at, "revision": plan.revision}


def _status(fields: Fields, plan: Row[Any] | None) -> Status:
    if fields["trashed_at"] is not None:
        return Status.TRASHED
    status = Status(fields["state"])
    if status is not Status.PUBLISHED and plan is not None and plan.publication:
        return Status.SCHEDULED
    return status

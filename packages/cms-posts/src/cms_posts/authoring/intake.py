"""From request bodies to the content of posts: defaults, extensions, and what is referred to."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from cms_core import CMS, Principal, Transaction
from cms_posts.authoring.bodies import NewPost, PostPatch, SeoBody
from cms_posts.content import PostChanges, PostContent
from cms_posts.errors import UnknownReference
from cms_posts.extensions import Extensions
from cms_posts.references import MEDIA, PRINCIPAL
from cms_posts.settings import PostsSettings


class Intake:
    """Turns what authors send into what services take."""

    def __init__(self, cms: CMS, extensions: Extensions) -> None:
        self._cms = cms
        self._extensions = extensions
        self._language = cms.plugin_settings(PostsSettings).language

    async def content(self, session: Transaction, body: NewPost, by: Principal) -> PostContent:
        """The content of a new post. Raises `UnknownReference` or `UnacceptableExtensions`."""
        fields = await self._fields(session, body, set(type(body).model_fields), by)
        parts = {plugin: part for plugin, part in fields["extensions"].items() if part is not None}
        return PostContent(**fields | {"extensions": parts})

    async def changes(self, session: Transaction, body: PostPatch, by: Principal) -> PostChanges:
        """The changes that a client named. Raises the same."""
        fields = await self._fields(session, body, body.model_fields_set, by)
        return cast(PostChanges, fields)

    async def _fields(
        self, session: Transaction, body: NewPost | PostPatch, names: set[str], by: Principal
    ) -> dict[str, Any]:
        fields: dict[str, Any] = {name: getattr(body, name) for name in names}
        if "language" in fields:
            fields["language"] = body.language or self._language
        if "author_id" in fields:
            fields["author_id"] = author_id = body.author_id or by.id
            if author_id != by.id:
                await self._must_exist(session, PRINCIPAL, author_id, "/author_id")
        if "cover" in fields:
            fields["cover_id"] = cover_id = fields.pop("cover")
            if cover_id is not None:
                await self._must_exist(session, MEDIA, cover_id, "/cover")
        if "seo" in fields:
            fields["seo"] = _plain(body.seo)
        if "extensions" in fields:
            fields["extensions"] = self._extensions.accept(body.extensions)
        return fields

    async def _must_exist(self, session: Transaction, kind: str, id: UUID, pointer: str) -> None:
        references = self._cms.references
        if references.knows(kind) and not await references.resolve(session, kind, [id]):
            raise UnknownReference.at(pointer, "does not exist")


def _plain(seo: SeoBody) -> dict[str, Any]:
    return {name: value for name, value in seo.model_dump().items() if value is not None}

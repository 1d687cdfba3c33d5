"""Files as authors see them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from cms_core import CMS, Listing, Resolved
from cms_media.addresses import Addresses
from cms_media.authoring.schemas import (
    ImageVariant,
    ListedMedia,
    Media,
    Uploader,
    Use,
    WantedVariant,
)
from cms_media.errors import MediaNotFound, NoVariants
from cms_media.images.variants import CENTRE
from cms_media.models import MediaItem
from cms_media.queries import all_files, uses_of
from cms_media.settings import Format, MediaSettings
from cms_media.shown import ShownImages, facts_in

#: Uses that one answer tells.
_MOST_USES = 100
_SAME = ("id", "filename", "size", "alt", "title", "credit", "folder", "created_at", "updated_at")


class Presenter:
    """Shows files with their addresses and the names of those who uploaded them."""

    def __init__(self, cms: CMS, addresses: Addresses) -> None:
        self._cms = cms
        self._addresses = addresses
        self._pictures = ShownImages(addresses, cms.plugin_settings(MediaSettings))

    async def one(self, session: AsyncSession, id: UUID) -> tuple[Media, int]:
        """A file and its version. Raises `MediaNotFound`."""
        row = await self._row(session, id)
        people = await self._people(session, [row.owner_id])
        uses = [
            Use(source=each.source, published=each.published, working=each.working)
            for each in await uses_of(session, id, _MOST_USES)
        ]
        return Media(**self._fields(row, people), uses=uses), row.version

    async def variant(
        self, session: AsyncSession, id: UUID, format: Format, wanted: WantedVariant
    ) -> ImageVariant:
        """One variant of an image, of any size. Raises `MediaNotFound` and `NoVariants`."""
        row = await self._row(session, id)
        image = facts_in(row)
        if image is None:
            raise NoVariants
        focal_point = CENTRE if row.focal_x is None else (row.focal_x, row.focal_y)
        signature = None if row.public else self._addresses.signature(id)
        shown = self._pictures.one(row, image, wanted.variant(format, focal_point), signature)
        return ImageVariant(**shown)

    async def listed(
        self, session: AsyncSession, rows: Sequence[Any], page: Listing
    ) -> list[ListedMedia]:
        """Files in a list."""
        owners = {row.owner_id for row in rows} if page.wants("uploaded_by") else ()
        people = await self._people(session, owners)
        return [ListedMedia(**self._fields(row, people)) for row in rows]

    async def _row(self, session: AsyncSession, id: UUID) -> Row[Any]:
        found = (await session.execute(all_files().where(MediaItem.id == id))).one_or_none()
        if found is None:
            raise MediaNotFound
        return found

    async def _people(
        self, session: AsyncSession, ids: Collection[UUID]
    ) -> Mapping[UUID, Resolved]:
        return await self._cms.references.resolve(session, "principal", ids)

    def _fields(self, row: Any, people: Mapping[UUID, Resolved]) -> dict[str, Any]:
        id, filename, owner = row.id, row.filename, row.owner_id
        known = people.get(owner)
        uploader = None if known is None else known.public.get("name")
        signature = None if row.public else self._addresses.signature(id)
        return {name: getattr(row, name) for name in _SAME} | {
            **self._pictures.fields(row, signature),
            "type": row.media_type,
            "url": self._addresses.public(id, filename),
            "signed_url": self._addresses.signed(id, filename),
            "public": row.public,
            "uploaded_by": Uploader(id=owner, name=uploader),
        }

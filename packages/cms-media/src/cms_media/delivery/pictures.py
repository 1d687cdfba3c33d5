"""Variants of images on their way to readers."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from cms_core import CMS
from cms_media.content.kinds import KINDS
from cms_media.errors import MediaNotFound
from cms_media.images.variants import Variant
from cms_media.service.variants import Original, Stored, Variants
from cms_media.shown import facts_in
from cms_media.workshop import Workshop


class Served(NamedTuple):
    """Stored bytes, and what is said of them."""

    id: UUID
    filename: str
    media_type: str
    public: bool
    key: str
    size: int
    sha256: str
    created_at: datetime


class Pictures:
    """Finds variants, and has them made that nobody has asked for so far."""

    def __init__(self, cms: CMS, workshop: Workshop) -> None:
        self._variants = Variants(cms, workshop)

    async def served(self, row: Any, variant: Variant) -> Served:
        """The variant of the image in a row of `SERVED_VARIANT`.

        Raises `MediaNotFound` where it is no image, and what making it raises.
        """
        if row.key is not None:
            stored = Stored(row.key, row.sha256, row.size, row.created_at)
        else:
            stored = await self._variants.make(_original(row), variant)
        return _served(row, variant, stored)

    async def again(self, row: Any, variant: Variant, lost: str) -> Served:
        """The same, made again, for its object is gone; raises as `served`."""
        return _served(row, variant, await self._variants.remake(_original(row), variant, lost))


def _original(row: Any) -> Original:
    facts = facts_in(row)
    if facts is None:
        raise MediaNotFound
    return Original(row.blob_id, row.original, row.media_type, facts)


def _served(row: Any, variant: Variant, stored: Stored) -> Served:
    media_type = f"image/{variant.format}"
    filename = f"{row.filename.rpartition('.')[0]}{KINDS[media_type].extensions[0]}"
    return Served(
        row.id,
        filename,
        media_type,
        row.public,
        stored.key,
        stored.size,
        stored.sha256,
        stored.created_at,
    )

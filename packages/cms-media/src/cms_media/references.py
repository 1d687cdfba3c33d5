"""What other packages show of files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from cms_core import CMS, Resolved, Resolver, fetch
from cms_media import scopes
from cms_media.addresses import Addresses
from cms_media.queries import SHOWN
from cms_media.settings import MediaSettings
from cms_media.shown import ShownImages


def media_resolver(cms: CMS) -> Resolver:
    """Return who can tell what the id of a file stands for."""
    addresses = Addresses(cms)
    pictures = ShownImages(addresses, cms.plugin_settings(MediaSettings))

    async def resolve(session: AsyncSession, ids: frozenset[UUID]) -> Mapping[UUID, Resolved]:
        rows = await fetch(session, SHOWN, wanted=ids)
        return {row.id: _shown(row, addresses, pictures) for row in rows}

    return Resolver("media", resolve)


def _shown(row: Any, addresses: Addresses, pictures: ShownImages) -> Resolved:
    public = {
        "id": row.id,
        "url": addresses.public(row.id, row.filename),
        "type": row.media_type,
        "size": row.size,
        "alt": row.alt,
        "title": row.title,
        "credit": row.credit,
        **pictures.fields(row, None),
    }

    def guarded() -> Mapping[str, Any]:
        private = pictures.fields(row, addresses.signature(row.id))
        return public | private | {"url": addresses.signed(row.id, row.filename)}

    return Resolved(public, frozenset({scopes.of_media(row.id)}), guarded)

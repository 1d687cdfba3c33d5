"""Images that nobody has decoded so far: those that came while Pillow was not installed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Select, func, select, update

from cms_core import CMS, CMSError, Transaction
from cms_media import scopes
from cms_media.images.studio import DECODED
from cms_media.models import MediaBlob, MediaItem
from cms_media.service.blobs import columns_of
from cms_media.service.examining import facts_of
from cms_media.workshop import Workshop

_BATCH = 100


@dataclass(frozen=True, slots=True)
class Inspected:
    """What became of an image; `fault` is None where it was decoded."""

    key: str
    fault: str | None


async def count_unknown(cms: CMS) -> int:
    """How many images have not been decoded."""
    async with cms.db.snapshot() as session:
        return (
            await session.execute(select(func.count()).select_from(_unknown().subquery()))
        ).scalar_one()


async def inspect_unknown(cms: CMS, workshop: Workshop) -> AsyncIterator[Inspected]:
    """Decode the images that have not been; they show their sizes and variants from then on."""
    last = ""
    while True:
        page = _unknown().where(MediaBlob.key > last).order_by(MediaBlob.key).limit(_BATCH)
        async with cms.db.snapshot() as session:
            rows = (await session.execute(page)).all()
        if not rows:
            return
        for row in rows:
            yield Inspected(row.key, await _inspect(cms, workshop, row.id, row.key, row.media_type))
        last = rows[-1].key


def _unknown() -> Select[UUID, str, str]:
    """Images without facts, each once, with the type that its files have."""
    return (
        select(MediaBlob.id, MediaBlob.key, func.min(MediaItem.media_type).label("media_type"))
        .join(MediaItem, MediaItem.blob_id == MediaBlob.id)
        .where(MediaBlob.width.is_(None), MediaItem.media_type.in_(DECODED))
        .group_by(MediaBlob.id, MediaBlob.key)
    )


async def _inspect(cms: CMS, workshop: Workshop, id: UUID, key: str, media_type: str) -> str | None:
    try:
        facts = await facts_of(workshop, key, media_type)
    except CMSError as error:
        return error.detail or error.title()

    async def perform(session: Transaction) -> None:
        mine = update(MediaBlob).where(MediaBlob.id == id)
        await session.execute(mine.values(columns_of(facts)))
        files = select(MediaItem.id).where(MediaItem.blob_id == id)
        touched = [scopes.of_media(file) for file in await session.scalars(files)]
        session.touch(*touched, scopes.ANY)

    if facts is not None:
        await cms.db.run(perform)
    return None

"""Bytes that are stored once, however many files consist of them.

Who adds a file holds the row of its bytes against deletion; who deletes the last one holds it
against everybody. An upload that comes too late to share makes a new row, under a key of its own:
what was deleted can be taken from the storage at any time.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, exists, select
from sqlalchemy.dialects import postgresql

from cms_core import Transaction, new_id
from cms_media.events import BlobDropped
from cms_media.images.facts import ImageFacts
from cms_media.models import MediaBlob, MediaItem, MediaVariant
from cms_media.service.receiving import Received


async def keep_blob(session: Transaction, received: Received, now: datetime) -> MediaBlob:
    """The row of these bytes: the one that is there, or a new one; held against deletion."""
    insert = postgresql.insert(MediaBlob).values(
        id=new_id(),
        sha256=received.sha256,
        size=received.size,
        key=received.key,
        created_at=now,
        **columns_of(received.image),
    )
    mine = select(MediaBlob).where(MediaBlob.sha256 == received.sha256)
    held = mine.with_for_update(read=True, key_share=True)
    while True:
        await session.execute(insert.on_conflict_do_nothing(index_elements=["sha256"]))
        blob = (await session.execute(held)).scalar_one_or_none()
        if blob is not None:  # else it was deleted in between
            return blob


def columns_of(image: ImageFacts | None) -> dict[str, object]:
    """What a row says of an image."""
    return {} if image is None else asdict(image)


async def drop_unused_blob(session: Transaction, id: UUID) -> None:
    """Delete the row of these bytes, if no file consists of them any more, and their variants."""
    locked = select(MediaBlob).where(MediaBlob.id == id).with_for_update()
    blob = (await session.execute(locked)).scalar_one()
    # Asked once it is held: whoever was adding a file has committed by now.
    if not await session.scalar(select(exists().where(MediaItem.blob_id == id))):
        variants = select(MediaVariant.key).where(MediaVariant.blob_id == id)
        keys = [blob.key, *(await session.scalars(variants))]
        await session.execute(delete(MediaBlob).where(MediaBlob.id == id))
        for key in keys:
            session.emit(BlobDropped(key))

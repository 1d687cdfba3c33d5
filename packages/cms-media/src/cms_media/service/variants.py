"""Variants of images: found, or made when somebody first asks for them, and kept."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql

from cms_core import CMS, CMSError, Transaction, Unavailable
from cms_media.errors import ImageTooDemanding, MediaNotFound, UnreadableImage
from cms_media.images.copies import local_copy
from cms_media.images.facts import ImageFacts
from cms_media.images.variants import Variant
from cms_media.models import MediaBlob, MediaVariant
from cms_media.service.receiving import discard
from cms_media.storage import ObjectMissing, StorageUnavailable
from cms_media.workshop import Workshop

#: What the keys of all variants begin with.
VARIANTS = "variants/"
#: Variants that are dropped in one transaction.
_BATCH = 500
#: Variants of which it is remembered that they can't be made.
_HOPELESS = 1000


@dataclass(frozen=True, slots=True)
class Original:
    """The image that a variant is made of."""

    blob_id: UUID
    key: str
    media_type: str
    facts: ImageFacts


@dataclass(frozen=True, slots=True)
class Stored:
    """A variant as the storage keeps it."""

    key: str
    sha256: str
    size: int
    created_at: datetime


class Variants:
    """Makes the variants of one CMS, each of them once, however many ask for it."""

    def __init__(self, cms: CMS, workshop: Workshop) -> None:
        self._cms = cms
        self._workshop = workshop
        self._running: dict[tuple[UUID, str], asyncio.Task[Stored]] = {}
        #: Whoever asks again gets the same answer, at no cost.
        self._hopeless: dict[tuple[UUID, str], CMSError] = {}

    async def make(self, original: Original, variant: Variant) -> Stored:
        """Make a variant and keep it.

        Raises `MediaNotFound` where the image is gone meanwhile, `UnreadableImage`,
        `ImageTooDemanding`, `ImagesBusy` and what the storage raises.
        """
        wanted = original.blob_id, variant.name
        if known := self._hopeless.get(wanted):
            raise type(known)(known.detail)
        running = self._running.get(wanted)
        if running is None:
            running = self._workshop.background.start(self._make(original, variant))
            self._running[wanted] = running
            running.add_done_callback(lambda _: self._running.pop(wanted))
        return await asyncio.shield(running)

    async def remake(self, original: Original, variant: Variant, lost: str) -> Stored:
        """Make a variant again whose object is gone from the storage; as `make`."""
        gone = delete(MediaVariant).where(MediaVariant.key == lost)

        async def forget(session: Transaction) -> None:
            await session.execute(gone)

        await self._cms.db.run(forget)
        return await self.make(original, variant)

    async def _make(self, original: Original, variant: Variant) -> Stored:
        cut = variant.cut(original.facts)
        try:
            async with local_copy(self._workshop.storage, original.key) as path:
                content = await self._workshop.studio.derive(
                    path, original.media_type, cut, variant.format
                )
        except ObjectMissing as error:
            raise StorageUnavailable from error
        except (UnreadableImage, ImageTooDemanding) as error:
            self._remember(original.blob_id, variant.name, error)
            raise
        random = secrets.token_hex(16)
        key = f"{VARIANTS}{random[:2]}/{random}"
        await self._workshop.storage.put(key, _once(content))
        return await self._keep(original, variant, key, content)

    def _remember(self, blob_id: UUID, name: str, error: CMSError) -> None:
        if len(self._hopeless) >= _HOPELESS:
            self._hopeless.clear()
        self._hopeless[blob_id, name] = error

    async def _keep(self, original: Original, variant: Variant, key: str, content: bytes) -> Stored:
        digest = hashlib.sha256(content).hexdigest()

        async def perform(session: Transaction) -> Stored:
            now = await session.now()
            made = Stored(key, digest, len(content), now)
            return await _kept(session, original.blob_id, variant.name, made)

        try:
            kept = await self._cms.db.run(perform)
        except Unavailable:
            raise  # perhaps its row is there: the sweep knows
        except CMSError:
            await discard(self._workshop.storage, key)
            raise
        if kept.key != key:  # another process was faster
            await discard(self._workshop.storage, key)
        return kept


async def _kept(session: Transaction, blob_id: UUID, name: str, made: Stored) -> Stored:
    """The variant that is kept: this one, or one that was there before."""
    held = select(MediaBlob.id).where(MediaBlob.id == blob_id)
    if await session.scalar(held.with_for_update(read=True, key_share=True)) is None:
        raise MediaNotFound
    insert = postgresql.insert(MediaVariant).values(
        blob_id=blob_id,
        name=name,
        key=made.key,
        sha256=made.sha256,
        size=made.size,
        created_at=made.created_at,
    )
    index = ["blob_id", "name"]
    await session.execute(insert.on_conflict_do_nothing(index_elements=index))
    row = (await session.execute(select(MediaVariant).filter_by(blob_id=blob_id, name=name))).one()
    there: MediaVariant = row[0]
    return Stored(there.key, there.sha256, there.size, there.created_at)


async def drop_old_variants(cms: CMS, workshop: Workshop, age: timedelta) -> int:
    """Delete the variants that were made longer than `age` ago; return how many they were."""

    async def perform(session: Transaction) -> list[str]:
        before = await session.now() - age
        old = select(MediaVariant.key).where(MediaVariant.created_at <= before)
        keys = list(await session.scalars(old.order_by(MediaVariant.created_at).limit(_BATCH)))
        await session.execute(delete(MediaVariant).where(MediaVariant.key.in_(keys)))
        return keys

    dropped = 0
    while keys := await cms.db.run(perform):
        await discard(workshop.storage, *keys)
        dropped += len(keys)
    return dropped


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content

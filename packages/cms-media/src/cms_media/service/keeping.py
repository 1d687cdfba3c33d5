"""Looking after what is stored: bytes that belong to nobody, files whose bytes are not right."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from cms_core import CMS
from cms_media.models import MediaBlob
from cms_media.queries import known_keys
from cms_media.service.pieces import PARTS
from cms_media.service.receiving import FILES
from cms_media.service.variants import VARIANTS
from cms_media.storage import ObjectMissing, Storage, StoredObject

#: Keys that are looked up at once.
_BATCH = 500


@dataclass(slots=True)
class Swept:
    """What a sweep took away, or would take away."""

    orphans: int = 0
    bytes: int = 0
    #: Uploads that never came to their end.
    abandoned: int = 0


async def sweep(cms: CMS, storage: Storage, age: timedelta, *, dry_run: bool = False) -> Swept:
    """Delete stored bytes that have belonged to no file and no upload for longer than `age`.

    An upload stores its bytes before it makes its file: `age` has to be longer than that takes.
    """
    swept = Swept(abandoned=await storage.abandon(age, dry_run=dry_run))
    before = datetime.now(UTC) - age
    async for batch in _batches(storage):
        old = {each.key: each for each in batch if each.modified <= before}
        async with cms.db.snapshot() as session:
            orphans = old.keys() - await known_keys(session, list(old))
        for key in orphans:
            swept.orphans += 1
            swept.bytes += old[key].size
            if not dry_run:
                await storage.delete(key)
    return swept


async def _batches(storage: Storage) -> AsyncIterator[list[StoredObject]]:
    batch: list[StoredObject] = []
    for folder in (FILES, VARIANTS, PARTS):
        async for each in storage.objects(folder):
            batch.append(each)
            if len(batch) == _BATCH:
                yield batch
                batch = []
    if batch:
        yield batch


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of the bytes of one or more files; `fault` is None where they are right."""

    key: str
    sha256: str
    fault: str | None


async def verify(cms: CMS, storage: Storage) -> AsyncIterator[Verdict]:
    """Read everything that is stored for files, and compare it with what was received."""
    last = ""
    while True:
        page = select(MediaBlob).where(MediaBlob.key > last).order_by(MediaBlob.key).limit(_BATCH)
        async with cms.db.snapshot() as session:
            blobs = (await session.execute(page)).scalars().all()
        if not blobs:
            return
        for blob in blobs:
            yield Verdict(blob.key, blob.sha256, await _fault_of(storage, blob))
        last = blobs[-1].key


async def _fault_of(storage: Storage, blob: MediaBlob) -> str | None:
    digest = hashlib.sha256()
    try:
        async for chunk in storage.read(blob.key):
            digest.update(chunk)
    except ObjectMissing:
        return "missing"
    return None if digest.hexdigest() == blob.sha256 else "changed"

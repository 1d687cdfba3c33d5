"""What the database says of files, held against what the storage has."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import func, select

from campaigns.violations import Violations
from cms_core import CMS
from cms_core.db.outbox import OutboxRow
from cms_core.testing.drivers import WorkerDriver
from cms_media.models import MediaBlob, MediaItem
from cms_media.queries import known_keys
from cms_media.service.keeping import sweep, verify
from cms_media.service.receiving import FILES
from cms_media.storage import ObjectMissing, Storage
from cms_media.workshop import workshop_of

#: What `judge_everything` counts.
KINDS = ("lost", "without_bytes", "rows_missing", "rows_changed", "orphans_left", "unfinished_left")
#: Long ago enough for everything that is there.
NOW = timedelta(0)


class Stored(NamedTuple):
    """A file: the digest that its bytes should have, and their key."""

    sha256: str
    key: str


async def files_of(cms: CMS) -> dict[UUID, Stored]:
    """All files of the database."""
    statement = select(MediaItem.id, MediaBlob.sha256, MediaBlob.key).join_from(
        MediaItem, MediaBlob, MediaBlob.id == MediaItem.blob_id
    )
    async with cms.db.snapshot() as session:
        rows = await session.execute(statement)
        return {id: Stored(sha256, key) for id, sha256, key in rows}


async def keys_of(cms: CMS) -> set[str]:
    """The keys of all bytes that the database knows."""
    async with cms.db.snapshot() as session:
        return set((await session.execute(select(MediaBlob.key))).scalars())


async def objects_of(storage: Storage) -> set[str]:
    """The keys of all objects."""
    return {each.key async for each in storage.objects(FILES)}


async def undelivered(cms: CMS) -> int:
    """How many deliveries wait: the worker has not deleted yet all that was dropped."""
    async with cms.db.snapshot() as session:
        return (await session.execute(select(func.count(OutboxRow.id)))).scalar_one()


async def judge_files(
    cms: CMS, storage: Storage, acknowledged: Mapping[UUID, str], found: Violations
) -> None:
    """Read every file that was acknowledged."""
    files = await files_of(cms)
    for id, sha256 in acknowledged.items():
        if id not in files:
            found.note("lost", f"{id} was acknowledged, and there is no such file")
        elif await _digest(storage, files[id].key) != sha256:
            found.note("without_bytes", f"{id} was acknowledged, and its bytes are not there")


async def judge_rows(cms: CMS, storage: Storage, found: Violations) -> None:
    """Read the bytes of every row."""
    async for verdict in verify(cms, storage):
        if verdict.fault:
            found.note(f"rows_{verdict.fault}", f"{verdict.key}, {verdict.sha256}")


async def sweep_once(cms: CMS, storage: Storage, found: Violations) -> int:
    """Sweep; return how many orphans there were. Afterwards there must be none."""
    swept = await sweep(cms, storage, NOW)
    for key in await _unknown_objects(cms, storage):
        found.note("orphans_left", key)
    found.add("unfinished_left", await storage.abandon(NOW, dry_run=True))
    await judge_rows(cms, storage, found)
    return swept.orphans + swept.abandoned


async def judge_everything(cms: CMS, acknowledged: Mapping[UUID, str], found: Violations) -> int:
    """Deliver what waits, read everything, sweep once and look again; ends the CMS.

    Returns how many orphans there were.
    """
    storage = workshop_of(cms).storage
    await WorkerDriver(cms).run("core:outbox")
    await judge_files(cms, storage, acknowledged, found)
    await judge_rows(cms, storage, found)
    orphans = await sweep_once(cms, storage, found)
    await cms.close()
    return orphans


async def _unknown_objects(cms: CMS, storage: Storage) -> set[str]:
    """Objects of every kind that the database does not know."""
    keys = {each.key async for each in storage.objects()}
    async with cms.db.snapshot() as session:
        return keys - await known_keys(session, list(keys))


async def _digest(storage: Storage, key: str) -> str | None:
    digest = hashlib.sha256()
    try:
        async for piece in storage.read(key):
            digest.update(piece)
    except ObjectMissing:
        return None
    return digest.hexdigest()

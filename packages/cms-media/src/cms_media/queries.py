"""Named reads that the services and routers share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, Exists, Select, bindparam, exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from cms_core import Read, among
from cms_media.models import MediaBlob, MediaItem, MediaUploadPart, MediaUse

_items, _blobs, _uses = (cls.__table__.c for cls in (MediaItem, MediaBlob, MediaUse))


def is_public() -> Exists:
    """Whether readers see something that refers to the file."""
    return exists().where(_uses.media_id == _items.id, _uses.published)


def is_used() -> ColumnElement[bool]:
    """Whether something that readers see, or a working copy, refers to the file."""
    return exists().where(_uses.media_id == _items.id, _uses.published | _uses.working)


#: One file as it is served.
SERVED = Read(
    select(
        _items.id,
        _items.filename,
        _items.media_type,
        _items.size,
        _items.created_at,
        _blobs.sha256,
        _blobs.key,
        is_public().label("public"),
    )
    .join_from(MediaItem.__table__, MediaBlob.__table__, _blobs.id == _items.blob_id)
    .where(_items.id == bindparam("media"))
)

#: What other packages show of files.
SHOWN = Read(
    select(
        *(_items[name] for name in ("id", "filename", "media_type", "size")),
        *(_items[name] for name in ("alt", "title", "credit")),
    ).where(among(_items.id, "wanted"))
)


def all_files() -> Select[tuple[object, ...]]:
    """All files with whether they are public, unordered."""
    return select(*_items, is_public().label("public"))


async def locked_file(session: AsyncSession, id: UUID) -> MediaItem | None:
    """The file, held against every other change until the transaction ends."""
    statement = select(MediaItem).where(MediaItem.id == id).with_for_update()
    fresh = statement.execution_options(populate_existing=True)
    return (await session.execute(fresh)).scalar_one_or_none()


async def held_files(session: AsyncSession, ids: Iterable[UUID]) -> set[UUID]:
    """Those of these files that exist, held against deletion; by ascending id."""
    wanted = set(ids)
    if not wanted:
        return set()
    statement = select(MediaItem.id).where(MediaItem.id.in_(wanted)).order_by(MediaItem.id)
    held = statement.with_for_update(read=True, key_share=True)
    return set((await session.execute(held)).scalars())


async def uses_of(session: AsyncSession, id: UUID, limit: int) -> Sequence[MediaUse]:
    """What refers to a file: first what readers see, last what did so in the past."""
    order = (MediaUse.published.desc(), MediaUse.working.desc(), MediaUse.source)
    statement = select(MediaUse).where(MediaUse.media_id == id).order_by(*order).limit(limit)
    return (await session.execute(statement)).scalars().all()


async def known_keys(session: AsyncSession, keys: Sequence[str]) -> set[str]:
    """Those of these keys under which bytes of files, or pieces of uploads, are stored."""
    files = select(MediaBlob.key).where(MediaBlob.key.in_(keys))
    parts = select(MediaUploadPart.key).where(MediaUploadPart.key.in_(keys))
    return set((await session.execute(files.union_all(parts))).scalars())

"""Named reads that the services and routers share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, Exists, Select, and_, bindparam, exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from cms_core import Read, among
from cms_media.models import MediaBlob, MediaItem, MediaUploadPart, MediaUse, MediaVariant

_items, _blobs, _uses, _variants = (
    cls.__table__.c for cls in (MediaItem, MediaBlob, MediaUse, MediaVariant)
)
_IMAGE = tuple(_blobs[name] for name in ("width", "height", "color", "animated"))
_FILES = MediaItem.__table__.join(MediaBlob.__table__, _blobs.id == _items.blob_id)


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
        is_public().label("public"),
        _blobs.key,
        _blobs.size,
        _blobs.sha256,
        _items.created_at,
    )
    .select_from(_FILES)
    .where(_items.id == bindparam("media"))
)

#: One variant of an image as it is served, with the image; its own columns are null until it is
#: made.
SERVED_VARIANT = Read(
    select(
        _items.id,
        _items.filename,
        _items.media_type,
        _items.blob_id,
        *_IMAGE,
        _blobs.key.label("original"),
        is_public().label("public"),
        _variants.size,
        _variants.sha256,
        _variants.key,
        _variants.created_at,
    )
    .select_from(
        _FILES.outerjoin(
            MediaVariant.__table__,
            and_(_variants.blob_id == _items.blob_id, _variants.name == bindparam("name")),
        )
    )
    .where(_items.id == bindparam("media"))
)

#: What other packages show of files.
SHOWN = Read(
    select(
        *(_items[name] for name in ("id", "filename", "media_type", "size")),
        *(_items[name] for name in ("alt", "title", "credit", "focal_x", "focal_y")),
        *_IMAGE,
    )
    .select_from(_FILES)
    .where(among(_items.id, "wanted"))
)


def all_files() -> Select[tuple[object, ...]]:
    """All files with whether they are public, unordered."""
    return select(*_items, *_IMAGE, is_public().label("public")).select_from(_FILES)


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
    """Those of these keys under which files, their variants, or pieces of uploads are stored."""
    files = select(MediaBlob.key).where(MediaBlob.key.in_(keys))
    parts = select(MediaUploadPart.key).where(MediaUploadPart.key.in_(keys))
    variants = select(MediaVariant.key).where(MediaVariant.key.in_(keys))
    return set((await session.execute(files.union_all(parts, variants))).scalars())

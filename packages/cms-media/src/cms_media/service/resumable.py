"""Uploads in pieces: begun, gone on with, ended. Each function in its caller's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from cms_core import Principal, Transaction, new_id
from cms_media.errors import (
    EmptyFile,
    FileTooLarge,
    QuotaExceeded,
    UploadNotFound,
    UploadOffsetConflict,
)
from cms_media.models import MediaUpload, MediaUploadPart
from cms_media.service.files import Details
from cms_media.service.pieces import Piece
from cms_media.service.quotas import room_of
from cms_media.settings import MediaSettings


@dataclass(frozen=True, slots=True)
class Announced:
    """What a sender says of a file before it comes; `metadata` in its own words."""

    length: int
    filename: str
    details: Details
    metadata: str


async def begin_upload(
    session: Transaction, announced: Announced, settings: MediaSettings, *, by: Principal
) -> MediaUpload:
    """Make an empty upload. Raises `EmptyFile`, `FileTooLarge` and `QuotaExceeded`."""
    now = await session.now()
    await _check(session, announced.length, settings, by, now)
    upload = MediaUpload(
        id=new_id(),
        owner_id=by.id,
        length=announced.length,
        offset=0,
        filename=announced.filename,
        details=dict(announced.details),
        upload_metadata=announced.metadata,
        created_at=now,
        expires_at=now + timedelta(seconds=settings.upload_age),
    )
    session.add(upload)
    await session.flush()
    return upload


async def _check(
    session: AsyncSession, length: int, settings: MediaSettings, by: Principal, now: datetime
) -> None:
    if not length:
        raise EmptyFile
    if length > settings.largest:
        raise FileTooLarge
    room = await room_of(session, by.id, settings.quota_bytes)
    if room is not None and length > room - await _promised(session, by.id, now):
        raise QuotaExceeded


async def _promised(session: AsyncSession, owner_id: UUID, now: datetime) -> int:
    """Bytes of the owner's uploads that are under way: else begun ones could fill any disk."""
    of_owner = select(func.sum(MediaUpload.length)).where(
        MediaUpload.owner_id == owner_id,
        MediaUpload.media_id.is_(None),
        MediaUpload.expires_at > now,
    )
    return int(await session.scalar(of_owner) or 0)


async def upload_of(
    session: AsyncSession, id: UUID, owner_id: UUID, now: datetime, *, lock: bool = False
) -> MediaUpload:
    """The upload, if it is the owner's. Raises `UploadNotFound`."""
    statement = select(MediaUpload).where(MediaUpload.id == id, MediaUpload.owner_id == owner_id)
    if lock:
        statement = statement.with_for_update()
    fresh = statement.execution_options(populate_existing=True)
    upload = (await session.execute(fresh)).scalar_one_or_none()
    if upload is None or upload.expires_at <= now:
        raise UploadNotFound
    return upload


async def add_piece(
    session: Transaction, id: UUID, owner_id: UUID, offset: int, piece: Piece | None, age: int
) -> MediaUpload:
    """Let the upload go on with a piece, or only live on. Raises `UploadOffsetConflict`."""
    now = await session.now()
    upload = await upload_of(session, id, owner_id, now, lock=True)
    if upload.offset != offset:
        raise UploadOffsetConflict
    if piece:
        session.add(MediaUploadPart(upload_id=id, offset=offset, size=piece.size, key=piece.key))
        upload.offset += piece.size
    upload.expires_at = now + timedelta(seconds=age)
    await session.flush()
    return upload


async def parts_of(session: AsyncSession, id: UUID) -> Sequence[MediaUploadPart]:
    """The pieces of an upload, in their order."""
    mine = select(MediaUploadPart).where(MediaUploadPart.upload_id == id)
    return (await session.execute(mine.order_by(MediaUploadPart.offset))).scalars().all()


async def drop_parts(session: Transaction, id: UUID) -> list[str]:
    """Forget the pieces of an upload that is held locked; return their keys, to delete them."""
    mine = delete(MediaUploadPart).where(MediaUploadPart.upload_id == id)
    return list((await session.execute(mine.returning(MediaUploadPart.key))).scalars())


async def end_upload(session: Transaction, id: UUID) -> list[str]:
    """Forget an upload; return the keys of its pieces, to delete them."""
    # A piece that arrives now waits for this, and finds no upload.
    await session.execute(select(MediaUpload.id).where(MediaUpload.id == id).with_for_update())
    keys = await drop_parts(session, id)
    await session.execute(delete(MediaUpload).where(MediaUpload.id == id))
    return keys

"""Files come, change what is said of them, and go."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.dialects import postgresql

from cms_core import ANY_VERSION, Precondition, Principal, Transaction, new_id
from cms_media import scopes
from cms_media.content.names import tidy_filename
from cms_media.errors import MediaExists, MediaInUse, MediaNotFound, NotYourFile
from cms_media.events import MediaDeleted, MediaEdited, MediaUploaded
from cms_media.models import MediaItem
from cms_media.permissions import WRITE_ANY
from cms_media.queries import locked_file, uses_of
from cms_media.service.blobs import drop_unused_blob, keep_blob
from cms_media.service.quotas import charge, refund
from cms_media.service.receiving import Received

#: Uses that the refusal of a deletion names.
_NAMED = 5


class Details(TypedDict, total=False):
    """What authors say of a file."""

    filename: str
    alt: str
    title: str
    credit: str
    folder: str
    focal_x: float | None
    focal_y: float | None


@dataclass(frozen=True, slots=True)
class Added:
    """A file, the key of its bytes, and whether it was there before."""

    item: MediaItem
    key: str
    is_new: bool = True


async def add_file(
    session: Transaction,
    received: Received,
    details: Details,
    *,
    by: Principal,
    now: datetime,
    quota: int,
    id: UUID | None = None,
) -> Added:
    """Make a file of what was received, with this id if one is given.

    Sent again under the same id, the same bytes are the same file. Raises `MediaExists` and
    `QuotaExceeded`.
    """
    await charge(session, by.id, received.size, quota)
    blob = await keep_blob(session, received, now)
    item = MediaItem(
        id=id or new_id(),
        version=1,
        blob_id=blob.id,
        owner_id=by.id,
        filename=received.filename,
        media_type=received.media_type,
        size=received.size,
        created_at=now,
        updated_at=now,
        **{"alt": "", "title": "", "credit": "", "folder": "", **details},
    )
    values = {column.key: getattr(item, column.key) for column in MediaItem.__table__.c}
    insert = postgresql.insert(MediaItem).values(values).on_conflict_do_nothing()
    made = await session.scalar(insert.returning(MediaItem.id))
    if made is None:
        return await _same_file(session, item, blob.key)
    session.emit(
        MediaUploaded(item.id, by.id, item.filename, item.media_type, item.size),
    )
    return Added(item, blob.key)


async def _same_file(session: Transaction, item: MediaItem, key: str) -> Added:
    known = await locked_file(session, item.id)
    same = known is not None and (known.blob_id, known.owner_id) == (item.blob_id, item.owner_id)
    if known is None or not same:
        raise MediaExists
    await refund(session, item.owner_id, item.size)
    return Added(known, key, is_new=False)


async def edit_file(
    session: Transaction,
    id: UUID,
    details: Details,
    *,
    by: Principal,
    now: datetime,
    precondition: Precondition = ANY_VERSION,
) -> MediaItem:
    """Change what is said of a file.

    Raises `MediaNotFound`, `NotYourFile` or `PreconditionFailed`.
    """
    item = await _locked(session, id, by, precondition)
    if "filename" in details:
        details = {**details, "filename": tidy_filename(details["filename"], item.media_type)}
    changed = {name: value for name, value in details.items() if getattr(item, name) != value}
    if changed:
        for name, value in changed.items():
            setattr(item, name, value)
        item.version += 1
        item.updated_at = now
        await session.flush()
        session.touch(scopes.of_media(id), scopes.ANY)
        session.emit(MediaEdited(id, by.id))
    return item


async def delete_file(
    session: Transaction,
    id: UUID,
    *,
    by: Principal,
    force: bool = False,
    precondition: Precondition = ANY_VERSION,
) -> None:
    """Delete a file; its bytes go too where no other file consists of them.

    Raises `MediaNotFound`, `NotYourFile`, `PreconditionFailed`, and `MediaInUse` unless forced.
    """
    item = await _locked(session, id, by, precondition)
    if not force and (uses := await uses_of(session, id, _NAMED)):
        raise MediaInUse("used by " + ", ".join(each.source for each in uses))
    await session.execute(delete(MediaItem).where(MediaItem.id == id))
    await refund(session, item.owner_id, item.size)
    await drop_unused_blob(session, item.blob_id)
    session.touch(scopes.of_media(id), scopes.ANY)
    session.emit(MediaDeleted(id, by.id, f"/media/{id}/{item.filename}"))


async def _locked(
    session: Transaction, id: UUID, by: Principal, precondition: Precondition
) -> MediaItem:
    item = await locked_file(session, id)
    if item is None:
        raise MediaNotFound
    if item.owner_id != by.id and WRITE_ANY not in by.permissions:
        raise NotYourFile
    precondition.check(item.version)
    return item

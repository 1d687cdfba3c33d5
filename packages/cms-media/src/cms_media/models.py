"""Tables of files: what their bytes are, what authors say of them, and what refers to them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, Float, ForeignKey, Index, Integer, String, Text, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from cms_core import Base, Instant, Json, new_id

MAX_FILENAME = 120
MAX_ALT = 1000
MAX_TITLE = 300
MAX_CREDIT = 300
MAX_FOLDER = 200


class MediaBlob(Base):
    """Bytes that are stored once, however many files consist of them.

    The row is there exactly as long as a file refers to it. Its key was never used before and never
    will be again: what is left of a deleted blob can be taken away at any time.
    """

    __tablename__ = "media_blobs"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    size: Mapped[int] = mapped_column(BigInteger)
    #: Where the storage keeps them.
    key: Mapped[str] = mapped_column(String(100), unique=True)
    created_at: Mapped[datetime] = mapped_column(Instant)
    #: Pixels of an image as it is shown upright; these four are null for all else, and for images
    #: that nobody has decoded.
    width: Mapped[int | None] = mapped_column(Integer)
    height: Mapped[int | None] = mapped_column(Integer)
    #: Its most frequent colour, such as ``#1f4e79``.
    color: Mapped[str | None] = mapped_column(String(7))
    animated: Mapped[bool | None] = mapped_column(Boolean)


class MediaVariant(Base):
    """A picture made of an image: it can be made again at any time."""

    __tablename__ = "media_variants"
    __table_args__ = (Index("ix_media_variants_created_at", "created_at"),)

    blob_id: Mapped[UUID] = mapped_column(
        ForeignKey("media_blobs.id", ondelete="CASCADE"), primary_key=True
    )
    #: Such as ``640.webp``.
    name: Mapped[str] = mapped_column(String(50), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int] = mapped_column(Integer)
    key: Mapped[str] = mapped_column(String(100), unique=True)
    created_at: Mapped[datetime] = mapped_column(Instant)


class MediaItem(Base):
    """A file as authors and readers know it."""

    __tablename__ = "media_items"
    __table_args__ = (
        Index("ix_media_items_created_at", "created_at", "id"),
        Index("ix_media_items_filename", "filename", "id"),
        Index("ix_media_items_size", "size", "id"),
        Index("ix_media_items_folder", "folder", "created_at", "id"),
        Index("ix_media_items_blob_id", "blob_id"),
        Index("ix_media_items_owner_id", "owner_id", "created_at", "id"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    version: Mapped[int] = mapped_column(Integer, default=1)
    blob_id: Mapped[UUID] = mapped_column(ForeignKey("media_blobs.id"))
    #: Who uploaded it, on whose quota it counts.
    owner_id: Mapped[UUID] = mapped_column(Uuid)
    filename: Mapped[str] = mapped_column(String(MAX_FILENAME))
    #: What its content is, not what its sender said.
    media_type: Mapped[str] = mapped_column(String(100))
    #: Bytes; repeats the blob's, to sort by.
    size: Mapped[int] = mapped_column(BigInteger)
    alt: Mapped[str] = mapped_column(String(MAX_ALT), default="")
    title: Mapped[str] = mapped_column(String(MAX_TITLE), default="")
    credit: Mapped[str] = mapped_column(String(MAX_CREDIT), default="")
    #: Names joined by slashes; empty: in none.
    folder: Mapped[str] = mapped_column(String(MAX_FOLDER), default="")
    #: What of an image must stay in sight, as fractions of its width and height; both or none.
    focal_x: Mapped[float | None] = mapped_column(Float)
    focal_y: Mapped[float | None] = mapped_column(Float)
    created_at: Mapped[datetime] = mapped_column(Instant)
    updated_at: Mapped[datetime] = mapped_column(Instant)


class MediaUse(Base):
    """A thing that refers to a file, or did so in an older revision (neither of the flags)."""

    __tablename__ = "media_uses"

    #: Such as ``post:<id>``.
    source: Mapped[str] = mapped_column(String(100), primary_key=True)
    media_id: Mapped[UUID] = mapped_column(
        ForeignKey("media_items.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    #: By what readers see of the thing: only this makes a file public.
    published: Mapped[bool] = mapped_column(Boolean, default=False)
    #: By its working copy.
    working: Mapped[bool] = mapped_column(Boolean, default=False)


class MediaAccount(Base):
    """How much somebody has uploaded that is still there."""

    __tablename__ = "media_accounts"

    owner_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    bytes: Mapped[int] = mapped_column(BigInteger)


class MediaUpload(Base):
    """A file that comes in pieces, as many and as late as its sender likes until it expires."""

    __tablename__ = "media_uploads"
    __table_args__ = (
        Index("ix_media_uploads_expires_at", "expires_at"),
        Index("ix_media_uploads_owner_id", "owner_id"),
    )

    #: The file's too, once it is whole: however often it is finished, it becomes one file.
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    owner_id: Mapped[UUID] = mapped_column(Uuid)
    length: Mapped[int] = mapped_column(BigInteger)
    #: Bytes that are here; its pieces end where the next begins.
    offset: Mapped[int] = mapped_column(BigInteger, default=0)
    filename: Mapped[str] = mapped_column(Text)
    details: Mapped[dict[str, Any]] = mapped_column(Json)
    #: What was said at the beginning, word for word: the protocol wants it repeated.
    upload_metadata: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    #: The file that it has become. It may be gone again.
    media_id: Mapped[UUID | None] = mapped_column(Uuid)


class MediaUploadPart(Base):
    """A piece of an upload: one object of the storage."""

    __tablename__ = "media_upload_parts"

    upload_id: Mapped[UUID] = mapped_column(
        ForeignKey("media_uploads.id", ondelete="CASCADE"), primary_key=True
    )
    offset: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    size: Mapped[int] = mapped_column(BigInteger)
    key: Mapped[str] = mapped_column(String(100), unique=True)


MODELS = (
    MediaBlob,
    MediaVariant,
    MediaItem,
    MediaUse,
    MediaAccount,
    MediaUpload,
    MediaUploadPart,
)

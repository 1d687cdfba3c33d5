"""Tables of files: what their bytes are, what authors say of them, and what refers to them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, ForeignKey, Index, Integer, String, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from cms_core import Base, Instant, new_id

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


MODELS = (MediaBlob, MediaItem, MediaUse, MediaAccount)

"""Uploads that can be resumed, and their pieces."""

import sqlalchemy as sa
from alembic import op

from cms_core import Instant, Json

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    create_media_uploads()
    create_media_upload_parts()


def create_media_uploads() -> None:
    op.create_table(
        "media_uploads",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("length", sa.BigInteger(), nullable=False),
        sa.Column("offset", sa.BigInteger(), nullable=False),
        sa.Column("filename", sa.Text(), nullable=False),
        sa.Column("details", Json, nullable=False),
        sa.Column("upload_metadata", sa.Text(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("media_id", sa.Uuid()),
        sa.PrimaryKeyConstraint("id", name="pk_media_uploads"),
    )
    op.create_index("ix_media_uploads_expires_at", "media_uploads", ["expires_at"])
    op.create_index("ix_media_uploads_owner_id", "media_uploads", ["owner_id"])


def create_media_upload_parts() -> None:
    op.create_table(
        "media_upload_parts",
        sa.Column("upload_id", sa.Uuid(), nullable=False),
        sa.Column("offset", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.String(100), nullable=False),
        sa.PrimaryKeyConstraint("upload_id", "offset", name="pk_media_upload_parts"),
        sa.ForeignKeyConstraint(
            ["upload_id"],
            ["media_uploads.id"],
            name="fk_media_upload_parts_upload_id_media_uploads",
            ondelete="CASCADE",
        ),
        sa.UniqueConstraint("key", name="uq_media_upload_parts_key"),
    )

"""Files, their bytes, what refers to them, and how much each account has uploaded."""

import sqlalchemy as sa
from alembic import op

from cms_core import Instant

revision = "0001"
down_revision = None


def upgrade() -> None:
    create_media_blobs()
    create_media_items()
    create_media_uses()
    create_media_accounts()


def create_media_blobs() -> None:
    op.create_table(
        "media_blobs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.String(100), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_media_blobs"),
        sa.UniqueConstraint("sha256", name="uq_media_blobs_sha256"),
        sa.UniqueConstraint("key", name="uq_media_blobs_key"),
    )


def create_media_items() -> None:
    op.create_table(
        "media_items",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("blob_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("filename", sa.String(120), nullable=False),
        sa.Column("media_type", sa.String(100), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("alt", sa.String(1000), nullable=False),
        sa.Column("title", sa.String(300), nullable=False),
        sa.Column("credit", sa.String(300), nullable=False),
        sa.Column("folder", sa.String(200), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_media_items"),
        sa.ForeignKeyConstraint(
            ["blob_id"], ["media_blobs.id"], name="fk_media_items_blob_id_media_blobs"
        ),
    )
    op.create_index("ix_media_items_created_at", "media_items", ["created_at", "id"])
    op.create_index("ix_media_items_filename", "media_items", ["filename", "id"])
    op.create_index("ix_media_items_size", "media_items", ["size", "id"])
    op.create_index("ix_media_items_folder", "media_items", ["folder", "created_at", "id"])
    op.create_index("ix_media_items_blob_id", "media_items", ["blob_id"])
    op.create_index("ix_media_items_owner_id", "media_items", ["owner_id", "created_at", "id"])


def create_media_uses() -> None:
    op.create_table(
        "media_uses",
        sa.Column("source", sa.String(100), nullable=False),
        sa.Column("media_id", sa.Uuid(), nullable=False),
        sa.Column("published", sa.Boolean(), nullable=False),
        sa.Column("working", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("source", "media_id", name="pk_media_uses"),
        sa.ForeignKeyConstraint(
            ["media_id"],
            ["media_items.id"],
            name="fk_media_uses_media_id_media_items",
            ondelete="CASCADE",
        ),
    )
    op.create_index("ix_media_uses_media_id", "media_uses", ["media_id"])


def create_media_accounts() -> None:
    op.create_table(
        "media_accounts",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("owner_id", name="pk_media_accounts"),
    )

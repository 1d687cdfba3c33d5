"""What images show, their focal points, and the pictures made of them."""

import sqlalchemy as sa
from alembic import op

from cms_core import Instant

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    for column in (
        sa.Column("width", sa.Integer()),
        sa.Column("height", sa.Integer()),
        sa.Column("color", sa.String(7)),
        sa.Column("animated", sa.Boolean()),
    ):
        op.add_column("media_blobs", column)
    for name in ("focal_x", "focal_y"):
        op.add_column("media_items", sa.Column(name, sa.Float()))
    create_media_variants()


def create_media_variants() -> None:
    op.create_table(
        "media_variants",
        sa.Column("blob_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(50), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(100), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("blob_id", "name", name="pk_media_variants"),
        sa.ForeignKeyConstraint(
            ["blob_id"],
            ["media_blobs.id"],
            name="fk_media_variants_blob_id_media_blobs",
            ondelete="CASCADE",
        ),
        sa.UniqueConstraint("key", name="uq_media_variants_key"),
    )
    op.create_index("ix_media_variants_created_at", "media_variants", ["created_at"])

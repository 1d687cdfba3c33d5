"""The plan of posts: what is published and taken down when."""

import sqlalchemy as sa
from alembic import op

from cms_core import Instant

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "post_transitions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("post_id", sa.Uuid(), nullable=False),
        sa.Column("action", sa.String(20), nullable=False),
        sa.Column("revision", sa.Integer()),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("due_at", Instant(), nullable=False),
        sa.Column("local", sa.String(30)),
        sa.Column("time_zone", sa.String(100)),
        sa.Column("zone_rules", sa.String(20)),
        sa.Column("try_at", Instant()),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.Text()),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("applied_at", Instant()),
        sa.Column("cancelled_at", Instant()),
        sa.ForeignKeyConstraint(
            ["post_id"],
            ["posts.id"],
            name="fk_post_transitions_post_id_posts",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_post_transitions"),
    )
    planned = sa.text("try_at IS NOT NULL")
    op.create_index(
        "ix_post_transitions_try_at",
        "post_transitions",
        ["try_at"],
        postgresql_where=planned,
        sqlite_where=planned,
    )
    op.create_index("ix_post_transitions_due_at", "post_transitions", ["due_at", "id"])
    op.create_index("ix_post_transitions_state", "post_transitions", ["state", "due_at", "id"])
    op.create_index("ix_post_transitions_post", "post_transitions", ["post_id", "due_at"])


def downgrade() -> None:
    op.drop_table("post_transitions")

"""Publications, things and what happened to them."""

import sqlalchemy as sa
from alembic import op

from cms_core import Instant

revision = "0001"
down_revision = None


def upgrade() -> None:
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "ledger_publications",
        sa.Column("id", number, autoincrement=True, nullable=False),
        sa.Column("post_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_ledger_publications"),
    )
    op.create_index("ix_ledger_publications_post_id", "ledger_publications", ["post_id"])
    op.create_table(
        "ledger_things",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_ledger_things"),
    )
    op.create_table(
        "ledger_emissions",
        sa.Column("token", sa.Uuid(), nullable=False),
        sa.Column("thing", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("token", name="pk_ledger_emissions"),
    )


def downgrade() -> None:
    for table in ("ledger_emissions", "ledger_things", "ledger_publications"):
        op.drop_table(table)

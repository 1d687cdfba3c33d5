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
    write_publications()
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


def write_publications() -> None:
    """Let the database itself write the book: a subscriber would cost more than what it watches."""
    columns = "INSERT INTO ledger_publications (post_id, revision, at) VALUES"
    if op.get_bind().dialect.name == "sqlite":
        now = "strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')"
        for change in ("INSERT", "UPDATE"):
            op.execute(
                f"CREATE TRIGGER ledger_{change.lower()} AFTER {change} ON published_posts "
                f"BEGIN {columns} (NEW.post_id, NEW.revision, {now}); END"
            )
        return
    op.execute(
        "CREATE FUNCTION ledger_write() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"{columns} (NEW.post_id, NEW.revision, statement_timestamp()); RETURN NULL; END $$"
    )
    op.execute(
        "CREATE TRIGGER ledger_write AFTER INSERT OR UPDATE ON published_posts "
        "FOR EACH ROW EXECUTE FUNCTION ledger_write()"
    )


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for change in ("insert", "update"):
            op.execute(f"DROP TRIGGER ledger_{change}")
    else:
        op.execute("DROP FUNCTION ledger_write() CASCADE")
    for table in ("ledger_emissions", "ledger_things", "ledger_publications"):
        op.drop_table(table)

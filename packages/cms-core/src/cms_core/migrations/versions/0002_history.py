"""The last runs of each job, one by one; deliveries say since when they are being tried."""

import sqlalchemy as sa
from alembic import op

from cms_core.db.types import Instant

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "job_history",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(200), nullable=False),
        sa.Column("worker_id", sa.Uuid(), nullable=False),
        sa.Column("started_at", Instant(), nullable=False),
        sa.Column("ended_at", Instant()),
        sa.Column("error", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_job_history"),
    )
    op.create_index("ix_job_history_key_started_at", "job_history", ["key", "started_at"])
    # On SQLite a new table, which never uses the id of a deleted row again: ids are told outside.
    options = {"sqlite_autoincrement": True}
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    with op.batch_alter_table(
        "outbox", recreate="always" if on_sqlite else "never", table_kwargs=options
    ) as outbox:
        outbox.add_column(sa.Column("taken_at", Instant()))


def downgrade() -> None:
    with op.batch_alter_table("outbox") as outbox:
        outbox.drop_column("taken_at")
    op.drop_table("job_history")

"""Generations, outbox, idempotency keys, the instance, workers and their jobs."""

import uuid

import sqlalchemy as sa
from alembic import op

from cms_core.db.types import Instant, Json

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "generations",
        sa.Column("scope", sa.String(300), nullable=False),
        sa.Column("gen", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("scope", name="pk_generations"),
    )
    create_outbox()
    create_idempotency_keys()
    create_instance()
    create_workers()


def create_outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            sa.Identity(),
            nullable=False,
        ),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("event", sa.String(200), nullable=False),
        sa.Column("aggregate", sa.String(200), nullable=False),
        sa.Column("subscriber", sa.String(200), nullable=False),
        sa.Column("payload", Json, nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("due_at", Instant()),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
    )
    op.create_index("ix_outbox_queue", "outbox", ["subscriber", "aggregate", "id"])
    op.create_index("ix_outbox_due", "outbox", ["subscriber", "due_at", "id"])


def create_idempotency_keys() -> None:
    op.create_table(
        "idempotency_keys",
        sa.Column("principal_id", sa.Uuid(), nullable=False),
        sa.Column("route", sa.String(300), nullable=False),
        sa.Column("key", sa.String(255), nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("status", sa.Integer()),
        sa.Column("headers", Json),
        sa.Column("body", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("principal_id", "route", "key", name="pk_idempotency_keys"),
    )
    op.create_index("ix_idempotency_keys_created_at", "idempotency_keys", ["created_at"])


def create_instance() -> None:
    instance = op.create_table(
        "instance",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("number = 1", name=op.f("ck_instance_only_one")),
        sa.PrimaryKeyConstraint("number", name="pk_instance"),
    )
    op.bulk_insert(instance, [{"number": 1, "id": uuid.uuid4()}])


def create_workers() -> None:
    op.create_table(
        "worker_heartbeats",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("host", sa.String(255), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("started_at", Instant(), nullable=False),
        sa.Column("seen_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_worker_heartbeats"),
    )
    op.create_table(
        "job_runs",
        sa.Column("key", sa.String(200), nullable=False),
        sa.Column("started_at", Instant(), nullable=False),
        sa.Column("succeeded_at", Instant()),
        sa.Column("failed_at", Instant()),
        sa.Column("last_error", sa.Text()),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_job_runs"),
    )


def downgrade() -> None:
    for table in (
        "job_runs",
        "worker_heartbeats",
        "instance",
        "idempotency_keys",
        "outbox",
        "generations",
    ):
        op.drop_table(table)

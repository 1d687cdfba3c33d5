"""What cms-core contributes to a CMS, through the same hooks as every plugin."""

from pathlib import Path

from cms_core.db.generations import Generation
from cms_core.db.instance import Instance
from cms_core.db.outbox import OutboxRow
from cms_core.hookspecs import hookimpl
from cms_core.http.idempotency import IdempotencyRow
from cms_core.plugins.contributions import Models
from cms_core.worker.heartbeats import WorkerHeartbeat
from cms_core.worker.runs import JobRun


@hookimpl
def register_models() -> Models:
    classes = (Generation, IdempotencyRow, Instance, JobRun, OutboxRow, WorkerHeartbeat)
    return Models(classes, tables=frozenset(cls.__tablename__ for cls in classes))


@hookimpl
def register_migrations() -> Path:
    return Path(__file__).parent / "migrations" / "versions"

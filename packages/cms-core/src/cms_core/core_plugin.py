"""What cms-core contributes to a CMS, through the same hooks as every plugin."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from cms_core.catchup import catch_up_check
from cms_core.db.generations import Generation
from cms_core.db.instance import Instance
from cms_core.db.outbox import OutboxRow
from cms_core.health import HealthCheck, database_check
from cms_core.hookspecs import hookimpl
from cms_core.http.idempotency import IdempotencyRow
from cms_core.http.routers import CMSRouter
from cms_core.jobs import Job
from cms_core.outbox import outbox_jobs
from cms_core.plugins.contributions import Models
from cms_core.security import Permission
from cms_core.system import DELIVERIES, SYSTEM, system_routers
from cms_core.worker.heartbeats import WorkerHeartbeat, worker_check
from cms_core.worker.history import PastRun
from cms_core.worker.pruning import prune_job
from cms_core.worker.runs import JobRun

if TYPE_CHECKING:
    from cms_core.app import CMS


@hookimpl
def register_models() -> Models:
    classes = (
        Generation,
        IdempotencyRow,
        Instance,
        JobRun,
        OutboxRow,
        PastRun,
        WorkerHeartbeat,
    )
    return Models(classes, tables=frozenset(cls.__tablename__ for cls in classes))


@hookimpl
def register_migrations() -> Path:
    return Path(__file__).parent / "migrations" / "versions"


@hookimpl
def register_jobs(cms: CMS) -> Sequence[Job]:
    # Subscribers are collected before jobs: all of them are known here.
    return [*outbox_jobs(cms.contributions.subscribers), prune_job()]


@hookimpl
def register_health_checks(cms: CMS) -> Sequence[HealthCheck]:
    plugins = HealthCheck("plugins", partial(_faulty_plugins, cms))
    cache = [cms.redis.health_check] if cms.redis else []
    return [database_check(cms), *cache, plugins, worker_check(cms), catch_up_check(cms)]


@hookimpl
def register_permissions() -> Sequence[Permission]:
    return [SYSTEM, DELIVERIES]


@hookimpl
def register_routers() -> Sequence[CMSRouter]:
    return system_routers()


async def _faulty_plugins(cms: CMS) -> str | None:
    names = sorted({fault.plugin for fault in cms.contributions.faults})
    return f"faulty: {', '.join(names)}" if names else None

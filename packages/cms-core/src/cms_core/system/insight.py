"""``/api/v1/admin/system``: what is installed, and how the work behind the scenes goes."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from fastapi import Request, Response
from pydantic import BaseModel, ConfigDict, Field

from cms_core.http.answers import answer
from cms_core.http.guards import requires
from cms_core.http.routers import AdminRouter
from cms_core.http.sessions import Snapshot
from cms_core.jobs import Job
from cms_core.plugins.contributions import Contributions, Models, Plugin
from cms_core.system.figures import Figures, read_figures
from cms_core.worker.runs import JobRun

if TYPE_CHECKING:
    from cms_core.app import CMS


class Shown(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class ShownPlugin(Shown):
    name: str
    distribution: str
    version: str
    requires: list[str]
    tables: list[str]
    routes: int = Field(description="Number of routes that it answers.")


class ShownFault(Shown):
    code: str
    plugin: str
    message: str
    remedy: str


class Plugins(BaseModel):
    """The plugins in dependency order, and what was found wrong with others."""

    items: list[ShownPlugin]
    faults: list[ShownFault]


class ShownRun(Shown):
    started_at: datetime | None = None
    succeeded_at: datetime | None = None
    failed_at: datetime | None = None
    failures: int = Field(0, description="Since the last success.")
    last_error: str | None = None


class ShownJob(ShownRun):
    key: str
    every_seconds: float


class ShownWorker(Shown):
    id: UUID
    host: str
    pid: int
    started_at: datetime
    seen_at: datetime
    alive: bool


class ShownQueue(Shown):
    subscriber: str
    waiting: int
    parked: int = Field(description="Given up after too many failures, until replayed.")
    oldest_created_at: datetime


class Jobs(BaseModel):
    """Jobs by key, workers by age, and the queues of the outbox."""

    items: list[ShownJob]
    workers: list[ShownWorker]
    outbox: list[ShownQueue]


def add_routes(router: AdminRouter, permission: str) -> None:
    """Add both routes under the permission."""
    guard = requires(permission)

    @router.get("/plugins", response_model=Plugins, dependencies=[guard])
    async def list_plugins(request: Request) -> Response:
        """List the plugins of this CMS."""
        return answer(_plugins(request.app.state.cms))

    @router.get("/jobs", response_model=Jobs, dependencies=[guard])
    async def list_jobs(request: Request, session: Snapshot) -> Response:
        """List the jobs with their last runs, the workers, and what waits in the outbox."""
        return answer(_jobs(request.app.state.cms, await read_figures(session)))


def _plugins(cms: CMS) -> Plugins:
    found = cms.contributions
    return Plugins(
        items=[_plugin(found, plugin) for plugin in found.plugins],
        faults=[ShownFault.model_validate(fault) for fault in found.faults],
    )


def _plugin(found: Contributions, plugin: Plugin) -> ShownPlugin:
    models = found.models.get(plugin.name, Models(()))
    return ShownPlugin(
        name=plugin.name,
        distribution=plugin.distribution,
        version=plugin.version,
        requires=list(plugin.requires),
        tables=sorted({cls.__tablename__ for cls in models.classes}),
        routes=sum(len(router.routes) for name, router in found.routers if name == plugin.name),
    )


def _jobs(cms: CMS, figures: Figures) -> Jobs:
    runs = {run.key: run for run in figures.jobs}
    jobs = sorted(cms.contributions.jobs, key=lambda job: job.key)
    return Jobs(
        items=[_job(job, runs.get(job.key)) for job in jobs],
        workers=[ShownWorker.model_validate(worker) for worker in figures.workers],
        outbox=[ShownQueue.model_validate(queue) for queue in figures.queues],
    )


def _job(job: Job, run: JobRun | None) -> ShownJob:
    shown = ShownJob(key=job.key, every_seconds=job.every.total_seconds())
    return shown if run is None else shown.model_copy(update=ShownRun.model_validate(run).__dict__)

"""``/metrics``: this process's figures, and what the database knows of the workers."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from fastapi import Request, Response
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric

from cms_core.errors import NotFound, Unavailable
from cms_core.http.routers import RootRouter
from cms_core.metrics import CONTENT_TYPE, exposition
from cms_core.system.figures import Figures, read_figures

if TYPE_CHECKING:
    from cms_core.app import CMS

_LOOPBACK = frozenset({"127.0.0.1", "::1"})


def add_routes(router: RootRouter) -> None:
    """Add the route."""

    @router.get("/metrics", include_in_schema=False)
    async def metrics(request: Request) -> Response:
        """Show the figures of the process, to whoever has `CMS_METRICS_TOKEN`."""
        if not _may_read(request):
            raise NotFound
        cms: CMS = request.app.state.cms
        registry = CollectorRegistry()
        registry.register(_Gauges(await _figures(cms)))
        return Response(
            exposition() + generate_latest(registry),
            media_type=CONTENT_TYPE,
            headers={"Cache-Control": "no-store"},
        )


def _may_read(request: Request) -> bool:
    settings = request.app.state.cms.settings
    token = settings.metrics_token.get_secret_value()
    if not token:
        here = request.client is not None and request.client.host in _LOOPBACK
        return bool(settings.development and here)
    sent = request.headers.get("authorization", "")
    return hmac.compare_digest(sent.encode(), f"Bearer {token}".encode())


async def _figures(cms: CMS) -> Figures | None:
    try:
        return await read_figures(cms)
    except Unavailable:
        return None


class _Gauges:
    """Collects without storing: these figures are of the database, not of one process."""

    def __init__(self, figures: Figures | None) -> None:
        self._figures = figures

    def collect(self) -> Iterable[Metric]:
        figures = self._figures
        yield _gauge("cms_database_up", "Whether the database answers.", figures is not None)
        if figures is None:
            return
        yield from _deliveries(figures)
        if figures.workers:
            age = min(worker.age for worker in figures.workers)
            text = "Seconds since any worker was last seen."
            yield _gauge("cms_worker_heartbeat_age_seconds", text, age)
        text = "Seconds that what readers should see is overdue."
        yield _gauge("cms_publish_lag_seconds", text, figures.publish_lag)
        yield from _jobs(figures)


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, text, value=float(value))


def _deliveries(figures: Figures) -> Iterable[Metric]:
    outbox = GaugeMetricFamily(
        "cms_outbox_deliveries", "Deliveries by state.", labels=["subscriber", "state"]
    )
    for queue in figures.queues:
        outbox.add_metric([queue.subscriber, "waiting"], queue.waiting)
        outbox.add_metric([queue.subscriber, "parked"], queue.parked)
    yield outbox


def _jobs(figures: Figures) -> Iterable[Metric]:
    runs, backlogs = figures.runs, figures.backlogs.items()
    readable = [(key, backlog) for key, backlog in backlogs if backlog.fault is None]
    yield _by_job(
        "cms_job_failures",
        "Failures since a job's last success.",
        {key: run.failures for key, run in runs.items()},
    )
    yield _by_job(
        "cms_job_lag_seconds",
        "Seconds since a job was due.",
        {key: backlog.lag for key, backlog in readable},
    )
    yield _by_job(
        "cms_job_waiting",
        "What a job has due now.",
        {key: backlog.waiting for key, backlog in readable},
    )
    yield _by_job(
        "cms_job_parked",
        "What a job has given up after too many failures.",
        {key: backlog.parked for key, backlog in readable},
    )


def _by_job(name: str, text: str, values: Mapping[str, float | None]) -> Metric:
    gauge = GaugeMetricFamily(name, text, labels=["job"])
    for key, value in values.items():
        if value is not None:
            gauge.add_metric([key], value)
    return gauge

"""``/metrics``: this process's figures, and what the database knows of the workers."""

from __future__ import annotations

import hmac
from collections.abc import Iterable
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
        async with cms.db.snapshot() as session:
            return await read_figures(session)
    except Unavailable:
        return None


class _Gauges:
    """Collects without storing: these figures are of the database, not of one process."""

    def __init__(self, figures: Figures | None) -> None:
        self._figures = figures

    def collect(self) -> Iterable[Metric]:
        figures = self._figures
        yield GaugeMetricFamily(
            "cms_database_up", "Whether the database answers.", value=float(figures is not None)
        )
        if figures is None:
            return
        outbox = GaugeMetricFamily(
            "cms_outbox_deliveries", "Deliveries by state.", labels=["subscriber", "state"]
        )
        for queue in figures.queues:
            outbox.add_metric([queue.subscriber, "waiting"], queue.waiting)
            outbox.add_metric([queue.subscriber, "parked"], queue.parked)
        yield outbox
        if figures.workers:
            yield GaugeMetricFamily(
                "cms_worker_heartbeat_age_seconds",
                "Seconds since any worker was last seen.",
                value=min(worker.age for worker in figures.workers),
            )
        failing = GaugeMetricFamily(
            "cms_job_failures", "Failures since a job's last success.", labels=["job"]
        )
        for job in figures.jobs:
            failing.add_metric([job.key], job.failures)
        yield failing

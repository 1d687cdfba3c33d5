"""The routers of the core itself."""

from __future__ import annotations

from collections.abc import Sequence

from cms_core.http.routers import AdminRouter, CMSRouter, RootRouter
from cms_core.security import Permission
from cms_core.system import deliveries, health, insight, metrics
from cms_core.system.pages import routes as pages

SYSTEM = Permission("core:system", "See the plugins, jobs, workers and waiting deliveries")
DELIVERIES = Permission("core:manage-deliveries", "Retry deliveries of events, and discard them")


def system_routers() -> Sequence[CMSRouter]:
    """Return the routers that cms-core contributes."""
    root = RootRouter("", tags=["system"])
    health.add_routes(root)
    metrics.add_routes(root)
    pages.add_routes(root)
    administration = AdminRouter("/system")
    insight.add_routes(administration, SYSTEM.key)
    deliveries.add_routes(administration, SYSTEM.key, DELIVERIES.key)
    return [root, administration]

"""``/api/v1/admin/system``: what is installed, and how the work behind the scenes goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import Request, Response

from cms_core.http.answers import answer
from cms_core.http.guards import requires
from cms_core.http.routers import AdminRouter
from cms_core.plugins.contributions import Contributions, Models, Plugin
from cms_core.system.jobs import show_jobs
from cms_core.system.schemas import Jobs, Plugins, ShownFault, ShownPlugin

if TYPE_CHECKING:
    from cms_core.app import CMS


def add_routes(router: AdminRouter, permission: str) -> None:
    """Add both routes under the permission."""
    guard = requires(permission)

    @router.get("/plugins", response_model=Plugins, dependencies=[guard])
    async def list_plugins(request: Request) -> Response:
        """List the plugins of this CMS."""
        return answer(_plugins(request.app.state.cms))

    @router.get("/jobs", response_model=Jobs, dependencies=[guard])
    async def list_jobs(request: Request) -> Response:
        """List the jobs with their last runs, the workers, and what waits in the outbox."""
        # Not a `Snapshot`: that would first do what is overdue, which is to be seen here.
        return answer(await show_jobs(request.app.state.cms))


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

"""``/livez`` and ``/readyz``, for those who decide whether this process gets traffic."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from fastapi import Request, Response
from pydantic import BaseModel, Field

from cms_core.errors import Unavailable
from cms_core.health import examine
from cms_core.http.routers import RootRouter

if TYPE_CHECKING:
    from cms_core.app import CMS


class NotReady(Unavailable):
    """This server should get no traffic now.

    The detail names what is missing. While a server shuts down it answers so too: requests that
    are running are finished, new ones belong to another server.
    """


class Liveness(BaseModel):
    """The process answers."""

    status: Literal["alive"] = "alive"


class Readiness(BaseModel):
    """The process can serve; `degraded` names what is not well."""

    status: Literal["ready", "degraded"]
    degraded: list[str] = []
    reasons: dict[str, str] = Field({}, description="By name of the check.")


def add_routes(router: RootRouter) -> None:
    """Add both routes."""

    @router.get("/livez", response_model=Liveness)
    async def livez() -> Response:
        """Tell that the process is alive; a process that does not answer should be restarted."""
        return _uncached(Liveness())

    @router.get("/readyz", response_model=Readiness)
    async def readyz(request: Request) -> Response:
        """Tell whether the process should get traffic."""
        if request.app.state.stopping:
            raise NotReady("The server is shutting down.")
        cms: CMS = request.app.state.cms
        found = await examine(cms.contributions.health_checks)
        if critical := [f"{c.name}: {reason}" for c, reason in found.items() if c.critical]:
            raise NotReady("; ".join(critical))
        reasons = {check.name: reason for check, reason in found.items()}
        status: Literal["ready", "degraded"] = "degraded" if reasons else "ready"
        return _uncached(Readiness(status=status, degraded=sorted(reasons), reasons=reasons))


def _uncached(content: BaseModel) -> Response:
    headers = {"Cache-Control": "no-store"}
    return Response(content.model_dump_json(), media_type="application/json", headers=headers)

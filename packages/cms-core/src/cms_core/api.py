"""The API process: the FastAPI application of a CMS."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from cms_core import problems
from cms_core.app import CMS
from cms_core.configuration import load_settings
from cms_core.http.prefix import PrefixRoute
from cms_core.plugins.loading import load_cms
from cms_core.secret_key import require_secret_key, with_kept_key
from cms_core.startup import running
from cms_core.telemetry import configure_logging


def create_api(cms: CMS) -> FastAPI:
    """Return the ASGI application: the plugins' doors behind the front layer."""
    app = _Application(cms)
    app.state.cms = cms
    problems.install(app)
    for _, router in cms.contributions.routers:
        app.router.routes.append(PrefixRoute(router.prefix, _plain_routes(router.routes)))
    return app


def create_api_from_environment() -> FastAPI:
    """Return the application that the environment describes: what each process of it calls."""
    settings = with_kept_key(load_settings())
    require_secret_key(settings)
    cms = load_cms(settings)
    configure_logging(settings, cms.contributions.plugins)
    return create_api(cms)


class _Application(FastAPI):
    def __init__(self, cms: CMS) -> None:
        super().__init__(
            title="CMS",
            lifespan=_lifespan(cms),
            docs_url=None,
            redoc_url=None,
            redirect_slashes=False,
        )
        self._cms = cms

    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            routes = [r for _, router in self._cms.contributions.routers for r in router.routes]
            self.openapi_schema = get_openapi(
                title="CMS", version="1", routes=routes, separate_input_output_schemas=True
            )
        return self.openapi_schema


def _plain_routes(routes: list[BaseRoute]) -> list[Route]:
    return [route for route in routes if isinstance(route, Route)]


def _lifespan(cms: CMS) -> Any:
    @asynccontextmanager
    async def lifespan(_: ASGIApp) -> AsyncIterator[None]:
        async with running(cms):
            yield

    return lifespan

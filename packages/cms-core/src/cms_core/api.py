"""The API process: the FastAPI application of a CMS."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from importlib.util import find_spec
from typing import Any

from fastapi import FastAPI
from fastapi.middleware.asyncexitstack import AsyncExitStackMiddleware
from fastapi.telemetry import TelemetryConfig
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cms_core.app import CMS
from cms_core.assembly import load_cms
from cms_core.configuration import load_settings
from cms_core.errors import CMSError
from cms_core.front import Front
from cms_core.front.hits import Hits
from cms_core.front.protocol import HITS
from cms_core.front.published import PublishedAnswers
from cms_core.front.record import lines
from cms_core.front.shutdown import noticing_signals
from cms_core.http.doors import Doors
from cms_core.http.openapi import describe
from cms_core.http.route import CMSRoute
from cms_core.secret_key import require_secret_key, with_kept_key
from cms_core.startup import keep_for_good, running
from cms_core.telemetry import configure_logging


def create_api(cms: CMS) -> FastAPI:
    """Return the ASGI application: the plugins' doors behind the front layer."""
    return _Application(cms)


def create_api_from_environment() -> FastAPI:
    """Return the application that the environment describes: what each process of it calls."""
    settings = with_kept_key(load_settings())
    require_secret_key(settings)
    cms = load_cms(settings)
    configure_logging(settings, cms.contributions.plugins)
    app = create_api(cms)
    keep_for_good()
    return app


class _Application(FastAPI):
    """``state.cms`` is the CMS; ``state.stopping`` is true once the process was asked to stop."""

    def __init__(self, cms: CMS) -> None:
        super().__init__(
            title="CMS",
            lifespan=_lifespan,
            openapi_url=None,
            docs_url=None,
            redoc_url=None,
            redirect_slashes=False,
            telemetry=_telemetry(),
        )
        self.state.cms = cms
        self.state.stopping = False
        self._doors = Doors(_routes(cms))
        self.router.routes.append(self._doors)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        readable = _in_one_line(send) if scope["type"] == "lifespan" else send
        await super().__call__(scope, receive, readable)

    def build_middleware_stack(self) -> ASGIApp:
        # The front renders every error itself, so that Starlette's own layers have nothing to do.
        routes, cms = AsyncExitStackMiddleware(self.router), self.state.cms
        published = PublishedAnswers(
            self._doors,
            cms.published,
            cdn_max_age=cms.settings.cdn_max_age,
        )
        return Front(routes, cms.settings, published)

    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            self.openapi_schema = describe(
                self.state.cms.contributions.routers, server=self.state.cms.settings.public_url
            )
        return self.openapi_schema


def _routes(cms: CMS) -> Iterator[tuple[str, CMSRoute]]:
    for plugin, router in cms.contributions.routers:
        for route in router.routes:
            if isinstance(route, CMSRoute):
                yield plugin, route


def _telemetry() -> TelemetryConfig:
    """FastAPI's traces and figures for OpenTelemetry, where its SDK is installed to take them.

    Else it would look at each request whether anybody has come to take them.
    """
    taken = find_spec("opentelemetry.sdk") is not None
    return {"tracing": taken, "metrics": taken, "logs": taken}


def _in_one_line(send: Send) -> Send:
    """Let errors that are written for operators end a start without Starlette's traceback."""

    async def tell(message: Message) -> None:
        error = sys.exception() if message["type"] == "lifespan.startup.failed" else None
        await send({**message, "message": str(error)} if isinstance(error, CMSError) else message)

    return tell


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[dict[str, Any]]:
    def notice() -> None:
        app.state.stopping = True

    async with running(app.state.cms):
        with noticing_signals(notice):
            # For the connections, which answer with what is kept before they call us.
            yield {HITS: Hits(app.state.cms.published)}
        lines.flush()

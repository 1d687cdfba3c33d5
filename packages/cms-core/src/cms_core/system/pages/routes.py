"""Where the pages and the OpenAPI description are found."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeVar

from fastapi import Request, Response

from cms_core.errors import NotFound
from cms_core.http.routers import RootRouter
from cms_core.problems import catalog
from cms_core.system.pages.landing import render_landing
from cms_core.system.pages.layout import html
from cms_core.system.pages.problems import render_index, render_problem
from cms_core.system.pages.reference import render_reference

T = TypeVar("T")


class ProblemUnknown(NotFound):
    """No problem has this code."""


def add_routes(router: RootRouter) -> None:
    """Add the pages, each rendered when first wanted."""
    landing, reference = _once(render_landing), _once(render_reference)
    description = _once(lambda schema: json.dumps(schema, ensure_ascii=False).encode())

    @router.get("/", include_in_schema=False)
    async def home(request: Request) -> Response:
        """Say what answers here."""
        return html(landing(request))

    @router.get("/docs", include_in_schema=False)
    async def docs(request: Request) -> Response:
        """Show the description of the API to people."""
        return html(reference(request))

    @router.get("/openapi.json", include_in_schema=False)
    async def openapi(request: Request) -> Response:
        """Describe the API to programs, as OpenAPI."""
        return Response(description(request), media_type="application/json")

    @router.get("/problems", include_in_schema=False)
    async def list_problems() -> Response:
        """List all codes of errors."""
        return html(render_index())

    @router.get("/problems/{code}", include_in_schema=False)
    async def explain_problem(code: str) -> Response:
        """Explain one code, and what to do about it."""
        kind = catalog().get(code)
        if kind is None:
            raise ProblemUnknown
        return html(render_problem(kind))


def _once(render: Callable[[dict[str, Any]], T]) -> Callable[[Request], T]:
    """Return what gives the rendering of the application's description, made only once."""
    made: list[T] = []

    def get(request: Request) -> T:
        if not made:
            made.append(render(request.app.openapi()))
        return made[0]

    return get

"""The OpenAPI description: FastAPI's, completed by what the doors do for every route."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fastapi.openapi.utils import get_openapi

from cms_core.http.routers import CMSRouter


def describe(routers: Iterable[tuple[str, CMSRouter]]) -> dict[str, Any]:
    """Return the OpenAPI description of these routers."""
    routes = [route for _, router in routers for route in router.routes]
    return get_openapi(title="CMS", version="1", routes=routes)

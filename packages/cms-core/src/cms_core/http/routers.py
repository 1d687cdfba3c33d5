"""The doors: a plugin picks one by the type of router it returns.

Delivery is for anybody and never looks at identity; authoring is for signed-in principals, each
route under a permission; open routes are public by declaration, with their reason; root routes
live outside ``/api/v1``.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from cms_core.http.operations import operation_id
from cms_core.http.route import AdminRoute, CMSRoute, DeliveryRoute, OpenRoute, RootRoute


class CMSRouter(APIRouter):
    """Base of the four doors; `prefix` is relative to the door."""

    door = ""
    door_route: type[CMSRoute] = CMSRoute

    def __init__(self, prefix: str = "", **options: Any) -> None:
        options.setdefault("tags", [prefix.strip("/").split("/")[0] or "root"])
        options.setdefault("generate_unique_id_function", operation_id)
        super().__init__(
            prefix=self.door + prefix,
            route_class=self.door_route,
            redirect_slashes=False,
            **options,
        )


class DeliveryRouter(CMSRouter):
    """``/api/v1/…``: published content for anybody; `GET` (and so `HEAD`) only."""

    door = "/api/v1"
    door_route = DeliveryRoute


class AdminRouter(CMSRouter):
    """``/api/v1/admin/…``: authenticated by being mounted here; every route names a permission."""

    door = "/api/v1/admin"
    door_route = AdminRoute


class OpenRouter(CMSRouter):
    """``/api/v1/…`` for anybody, not content: sign-in, previews. `reason` says why it is open."""

    door = "/api/v1"
    door_route = OpenRoute

    def __init__(self, prefix: str, *, reason: str, **options: Any) -> None:
        super().__init__(prefix, **options)
        self.reason = reason


class RootRouter(CMSRouter):
    """Outside ``/api/v1``: feeds, sitemaps, health. Public, `GET` only."""

    door = ""
    door_route = RootRoute

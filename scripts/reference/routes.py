"""The pages of routes: all of them, and those that anybody may use."""

from __future__ import annotations

from collections.abc import Iterator

from scripts.reference.text import page, summary, table

from cms_core import CMS, DeliveryRouter, OpenRouter, RootRouter
from cms_core.api import create_api
from cms_core.http.route import CMSRoute
from cms_core.http.routers import CMSRouter


def routes_page(cms: CMS) -> str:
    """Return the page of every path, by plugin."""
    schema = create_api(cms).openapi()
    parts: list[str] = []
    for plugin in dict.fromkeys(name for name, _ in cms.contributions.routers):
        rows = []
        for _, route, method in _routes(cms, plugin):
            operation = schema["paths"].get(route.path_format, {}).get(method.lower())
            if operation is not None:
                allowed = ", ".join(f"`{key}`" for key in operation.get("x-permissions", ()))
                path = f"`{method} {route.path_format}`"
                rows.append((path, allowed or "anybody", summary(route.endpoint)))
        if rows:
            parts += [f"## {plugin.capitalize()}", table(("route", "who", "what"), rows)]
    return page(*parts)


def open_routes_page(cms: CMS) -> str:
    """Return the page of every route that needs no account, with the reason."""
    declared, by_door = [], []
    for router, route, method in _routes(cms):
        name, what = f"`{method} {route.path_format}`", summary(route.endpoint)
        if isinstance(router, OpenRouter):
            declared.append((name, what, router.reason))
        elif isinstance(router, DeliveryRouter | RootRouter):
            door = "delivery" if isinstance(router, DeliveryRouter) else "root"
            by_door.append((name, what, door))
    return page(
        "Open routes",
        "## Public by a declared reason",
        "None of these is content, and none is ever stored by a cache.",
        table(("route", "what", "why anybody may use it"), sorted(declared)),
        "## Public by their door",
        "Delivery answers with published content only, and never looks at who asks.",
        table(("route", "what", "door"), sorted(by_door)),
    )


def _routes(cms: CMS, plugin: str | None = None) -> Iterator[tuple[CMSRouter, CMSRoute, str]]:
    for name, router in cms.contributions.routers:
        for route in router.routes:
            if isinstance(route, CMSRoute) and plugin in (None, name):
                for method in sorted(route.methods or ()):
                    yield router, route, method

"""Checks of routes: none unguarded, none in another's place, none twice."""

from __future__ import annotations

import re
from collections.abc import Iterator

from starlette.routing import BaseRoute

from cms_core.faults import Fault
from cms_core.http.route import CMSRoute
from cms_core.http.routers import AdminRouter, CMSRouter, OpenRouter, RootRouter
from cms_core.plugins.contributions import Contributions, Plugin
from cms_core.plugins.ownership import FIRST_PARTY, Grants, grant

_PARAMETER = re.compile(r"\{[^}:]*")
_READING = frozenset({"GET", "HEAD"})


def check_routes(found: Contributions, grants: Grants) -> Iterator[Fault]:
    """Yield the faults of routes (P070, P071, P072, P073)."""
    plugins = {plugin.name: plugin for plugin in found.plugins}
    taken: dict[tuple[str, str], Plugin] = {}
    operations: dict[str, str] = {}
    for name, router in found.routers:
        plugin = plugins[name]
        for route in router.routes:
            if not isinstance(route, router.door_route):
                yield _strange(plugin, route, router)
                continue
            yield from _check_guard(plugin, route, router, found)
            yield from _check_place(plugin, route, router, grants)
            collisions = [*_check_collision(plugin, route, taken)]
            yield from collisions or _check_operation(plugin, route, operations)


def _check_guard(
    plugin: Plugin, route: CMSRoute, router: CMSRouter, found: Contributions
) -> Iterator[Fault]:
    if isinstance(router, AdminRouter):
        unknown = sorted(route.permissions - found.permissions.keys())
        if not route.permissions:
            remedy = 'Name its permission: by: Annotated[Principal, requires("…")].'
            yield _fault("P073", plugin, f"{_name(route)} names no permission", remedy)
        for permission in unknown:
            message = f"{_name(route)} asks for {permission!r}, which no plugin registers"
            yield _fault("P073", plugin, message, "Return it from register_permissions().")
        return
    if route.path.startswith(AdminRouter.door):
        message = f"{_name(route)} lies behind the authoring door, but is not guarded by it"
        yield _fault("P073", plugin, message, "Use an AdminRouter.")
    if isinstance(router, OpenRouter):
        if not router.reason.strip():
            yield _fault("P073", plugin, f"{_name(route)} is open without a reason", "Give one.")
    elif not (route.methods or set()) <= _READING:
        message = f"{_name(route)} changes something, but this door only reads"
        yield _fault("P073", plugin, message, "Use an AdminRouter, or an OpenRouter with a reason.")


def _check_place(
    plugin: Plugin, route: CMSRoute, router: CMSRouter, grants: Grants
) -> Iterator[Fault]:
    if isinstance(router, RootRouter) and _is_below(route.path, "/api"):
        message = f"{_name(route)} lies behind the doors of the API"
        yield _fault("P072", plugin, message, "Use the router of one of these doors.")
        return
    path = route.path if router.door == "" else route.path.removeprefix("/api/v1")
    own = (f"/{plugin.name}", f"/admin/{plugin.name}", *grants.get(plugin.name, ()))
    if plugin.distribution not in FIRST_PARTY and not any(_is_below(path, each) for each in own):
        message = f"{_name(route)} is neither below /{plugin.name} nor granted"
        yield _fault("P072", plugin, message, grant(plugin, path))


def _check_collision(
    plugin: Plugin, route: CMSRoute, taken: dict[tuple[str, str], Plugin]
) -> Iterator[Fault]:
    for method in sorted(route.methods or ()):
        place = method, _normal(route.path)
        if place in taken:
            message = f"{method} {route.path} is answered by {taken[place].name} already"
            yield _fault("P070", plugin, message, "Move one of the two routes.")
        taken.setdefault(place, plugin)


def _check_operation(
    plugin: Plugin, route: CMSRoute, operations: dict[str, str]
) -> Iterator[Fault]:
    operation = route.operation_id or route.unique_id
    if operation in operations:
        message = f"{_name(route)} is the operation {operation!r}, as {operations[operation]} is"
        yield _fault("P071", plugin, message, "Rename its function, or give it an operation_id.")
    operations.setdefault(operation, _name(route))


def _strange(plugin: Plugin, route: BaseRoute, router: CMSRouter) -> Fault:
    message = f"{_name(route)} is a {type(route).__name__}: it would bypass the door"
    remedy = f"Declare it with the decorators of {type(router).__name__} itself."
    return _fault("P073", plugin, message, remedy)


def _is_below(path: str, prefix: str) -> bool:
    path, prefix = _normal(path), _normal(prefix)
    return path == prefix or path.startswith(prefix.rstrip("/") + "/")


def _normal(path: str) -> str:
    """The path without the names of its parameters: ``/posts/{slug}`` is ``/posts/{id}``."""
    return _PARAMETER.sub("{", path)


def _name(route: BaseRoute) -> str:
    methods = ",".join(sorted(getattr(route, "methods", None) or ()))
    return f"{methods} {getattr(route, 'path', '?')}".strip()


def _fault(code: str, plugin: Plugin, message: str, remedy: str) -> Fault:
    return Fault(code, plugin.name, plugin.distribution, message, remedy)

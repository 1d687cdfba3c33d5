"""All routes of all plugins behind one outer route: a request is compared only with those whose
path begins as its own does.

FastAPI's own inclusion scans every route of every plugin on each request.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

from cms_core.http.exchange import exchange_of
from cms_core.http.route import CMSRoute

_SELECTED = "cms.selected"
#: `/api/v1/posts` has so many.
_SEGMENTS = 3


@dataclass(frozen=True, slots=True)
class Selected:
    """A route and its plugin."""

    plugin: str
    route: CMSRoute
    #: What every path of the route begins with.
    head: str


class Doors(BaseRoute):
    """The routes of the plugins, in dependency order; the first that matches answers."""

    def __init__(self, routes: Iterable[tuple[str, CMSRoute]]) -> None:
        self._entries = [
            Selected(plugin, route, route.path.partition("{")[0]) for plugin, route in routes
        ]
        starts = {_start(entry.head) for entry in self._entries}
        #: Those that may match a path, by what it begins with.
        self._by_start = {start: self._near(start) for start in starts}

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if scope["type"] != "http":
            return Match.NONE, {}
        path: str = scope["path"]
        others: list[Selected] = []
        for entry in self._by_start.get(_start(path), self._entries):
            if path.startswith(entry.head):
                match, child = entry.route.matches(scope)
                if match is Match.FULL:
                    return match, {**child, _SELECTED: entry}
                if match is Match.PARTIAL:
                    others.append(entry)
        return (Match.PARTIAL, {_SELECTED: others}) if others else (Match.NONE, {})

    def _near(self, start: str) -> list[Selected]:
        """Return the routes that may match a path with this start, in their order."""
        return [
            entry
            for entry in self._entries
            if start.startswith(entry.head) or entry.head.startswith(start)
        ]

    def published(self, scope: Scope) -> tuple[Selected, Scope] | None:
        """Return the route that answers with published content, read in a snapshot; else None.

        With it comes what `handle` wants to find in its scope.
        """
        if scope["method"] != "GET":
            return None
        _, child = self.matches(scope)
        selected = child.get(_SELECTED)
        if not isinstance(selected, Selected):
            return None
        found = selected.route.is_published and selected.route.reads
        return (selected, child) if found else None

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        selected = scope.pop(_SELECTED)
        if isinstance(selected, Selected):
            enter(scope, selected)
            await selected.route.handle(scope, receive, send)
        else:
            await _answer_for_others(scope, receive, send, selected)


def enter(scope: Scope, entry: Selected) -> None:
    """Let the exchange of a request know the route that answers."""
    exchange, route = exchange_of(scope), entry.route
    exchange.plugin, exchange.route, exchange.door = entry.plugin, route, route.door
    if route.streamed_body is not None:
        exchange.max_body, exchange.streamed = route.streamed_body, True
    elif route.max_body is not None:
        exchange.max_body = min(exchange.max_body, route.max_body)


async def _answer_for_others(
    scope: Scope, receive: Receive, send: Send, entries: list[Selected]
) -> None:
    """Answer a method that no route of the path has: OPTIONS with what they have, else 405."""
    # A preflight asks on behalf of another method; that one's route decides about the origin.
    asked = dict(scope["headers"]).get(b"access-control-request-method", b"").decode("latin-1")
    meant = next((entry for entry in entries if asked in _methods(entry)), entries[0])
    exchange = exchange_of(scope)
    exchange.plugin, exchange.door = meant.plugin, meant.route.door
    # Of all routes of the path, since each alone knows only its own methods.
    allowed = {method for entry in entries for method in _methods(entry)} | {"OPTIONS"}
    headers = {"Allow": ", ".join(sorted(allowed))}
    if scope["method"] != "OPTIONS":
        raise HTTPException(405, headers=headers)
    await Response(status_code=204, headers=headers)(scope, receive, send)


def _methods(entry: Selected) -> set[str]:
    methods = set(entry.route.methods or ())
    return methods | {"HEAD"} if "GET" in methods else methods


def _start(path: str) -> str:
    """The first segments of a path, as many as tell most resources apart."""
    return "/".join(path.split("/", _SEGMENTS + 1)[: _SEGMENTS + 1])

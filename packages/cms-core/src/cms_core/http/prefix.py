"""One outer route per plugin and prefix: a request is compared with a plugin's routes only when its
path begins as theirs do, and falls through when none of them matches.

FastAPI's own inclusion scans every route of every plugin on each request.
"""

from __future__ import annotations

from collections.abc import Sequence

from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Match, Route
from starlette.types import Receive, Scope, Send


class PrefixRoute(BaseRoute):
    """The routes of one router behind one comparison of the prefix."""

    def __init__(self, prefix: str, routes: Sequence[Route]) -> None:
        self.prefix = prefix
        self.routes = list(routes)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        path: str = scope["path"]
        if scope["type"] != "http" or not path.startswith(self.prefix):
            return Match.NONE, {}
        allowed: set[str] = set()
        for route in self.routes:
            match, child = route.matches(scope)
            if match is Match.FULL:
                return match, {**child, "cms.selected": route}
            if match is Match.PARTIAL:
                allowed |= route.methods or set()
        # Partial matches are gathered: `Allow` must list the methods of all routes of the path.
        return (Match.PARTIAL, {"cms.allowed": allowed}) if allowed else (Match.NONE, {})

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        selected = scope.pop("cms.selected", None)
        if selected is not None:
            await selected.handle(scope, receive, send)
            return
        allowed = scope.pop("cms.allowed")
        if "GET" in allowed:
            allowed = allowed | {"HEAD"}
        raise HTTPException(405, headers={"Allow": ", ".join(sorted(allowed))})

"""What the front and the route behind it tell each other about one request."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from starlette.routing import Route
from starlette.types import Scope

if TYPE_CHECKING:
    from fastapi import Response

    from cms_core.catchup import Reading
    from cms_core.errors import NotFound

_KEY = "cms.exchange"


class Door(StrEnum):
    """Who may come in: it decides about identity, caching and foreign scripts."""

    DELIVERY = "delivery"
    AUTHORING = "authoring"
    OPEN = "open"
    ROOT = "root"


@dataclass(slots=True)
class Exchange:
    """One request on its way through; the front makes it, the route that answers completes it."""

    request_id: str
    door: Door
    #: Bytes that the body may have.
    max_body: int
    #: Whether a minimum rate takes the place of the deadline while the body is received.
    streamed: bool = False
    #: Whether the head of the answer alone was asked for: a long body need not be read then.
    head_only: bool = False
    #: What the endpoint wants said with whatever the answer is.
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    #: The plugin and the route that answer, once they are known.
    plugin: str = "core"
    route: Route | None = None
    #: What ``Cache-Status`` (RFC 9211) says of a delivered answer.
    cache_status: bytes = b"fwd=miss"
    #: What was read for the answer, where it was made in a snapshot.
    reading: Reading[Response | NotFound] | None = None

    @property
    def template(self) -> str | None:
        """The path of the route, without the values (and secrets) that a request puts into it."""
        return self.route.path_format if self.route else None


def begin_exchange(scope: Scope, exchange: Exchange) -> None:
    """Leave the exchange, and the id of the request, where everybody finds them."""
    scope[_KEY] = exchange
    scope["cms.request_id"] = exchange.request_id


def exchange_of(scope: Scope) -> Exchange:
    """Return the exchange that a request belongs to."""
    exchange: Exchange = scope[_KEY]
    return exchange

"""Which scripts of other sites may read answers (the Fetch standard's CORS protocol)."""

from __future__ import annotations

from collections.abc import Iterable

from starlette.types import Message

from cms_core.front.head import Head
from cms_core.http.exchange import Door

Headers = list[tuple[bytes, bytes]]

_EXPOSED = (
    b"Accept-Ranges, Cache-Status, Content-Disposition, Content-Range, ETag, Idempotency-Replayed, "
    b"Link, Location, RateLimit, RateLimit-Policy, Retry-After, X-Request-Id"
)
_ACCEPTED = (
    b"Authorization, Content-Type, Idempotency-Key, If-Match, If-Modified-Since, If-None-Match, "
    b"If-Range, Range, Traceparent, Tracestate, X-Request-Id"
)
#: Scripts of named origins may send and read all headers, those of plugins too. A star leaves out
#: this one, and is a star only because credentials are never allowed.
_ANY_EXPOSED = b"*"
_ANY_ACCEPTED = b"Authorization, *"
_MAX_AGE = b"600"
#: Doors that anybody's script may read: nothing there depends on who asks.
_FOR_ALL = frozenset({Door.DELIVERY, Door.ROOT})


#: What answers that any script may read say, but for preflights.
ANYBODY = (
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", _EXPOSED),
)


class Cors:
    """Delivery and root answer every origin; the other doors those that the operator names."""

    def __init__(self, origins: Iterable[str]) -> None:
        self._origins = {origin.rstrip("/").lower().encode() for origin in origins}

    def headers_of(self, head: Head, door: Door, answer: Message) -> Headers:
        """Return what the start of an answer at that door must say to the browser."""
        exposed, accepted = _EXPOSED, _ACCEPTED
        if door in _FOR_ALL:
            allowed: Headers = [(b"access-control-allow-origin", b"*")]
        else:
            # Caches must keep the answers to different origins apart, refusals too.
            allowed = [(b"vary", b"Origin")]
            origin = head.headers.get(b"origin", b"")
            if origin.lower() not in self._origins:
                return allowed
            exposed, accepted = _ANY_EXPOSED, _ANY_ACCEPTED
            allowed.append((b"access-control-allow-origin", origin))
        if b"access-control-request-method" in head.headers and answer["status"] == 204:
            return [*allowed, *_preflight(answer, accepted)]
        return [*allowed, (b"access-control-expose-headers", exposed)]


def _preflight(answer: Message, accepted: bytes) -> Headers:
    return [
        (b"access-control-allow-methods", dict(answer["headers"]).get(b"allow", b"")),
        (b"access-control-allow-headers", accepted),
        (b"access-control-max-age", _MAX_AGE),
    ]

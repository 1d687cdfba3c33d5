"""What is kept of a request: one line in the log, and figures for ``/metrics``."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter

import structlog
from structlog.contextvars import bind_contextvars, clear_contextvars

from cms_core.front.answer import Answer
from cms_core.front.head import Head
from cms_core.http.exchange import Exchange
from cms_core.metrics import count_request

log = structlog.get_logger(__name__)

#: The status of a request whose client left before it was answered (nginx's choice).
CLIENT_LEFT = 499
#: Clients invent methods; labels must not grow with them.
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


@contextmanager
def recorded(
    method: str, path: str, head: Head, exchange: Exchange, answer: Answer
) -> Iterator[None]:
    """Record the request that is handled inside; all lines logged there carry its id."""
    began = perf_counter()
    clear_contextvars()
    bind_contextvars(request_id=head.request_id)
    if head.trace_id is not None:
        bind_contextvars(trace_id=head.trace_id)
    try:
        yield
    finally:
        seconds = perf_counter() - began
        status = answer.status or CLIENT_LEFT
        known = method if method in _METHODS else "other"
        count_request(known, exchange.template or "unmatched", status, seconds)
        if logging.getLogger(__name__).isEnabledFor(logging.INFO):
            log.info(
                "request",
                method=method,
                # Paths hold secrets, as queries do: the route's template stands for them.
                path=exchange.template or path[:200],
                status=status,
                duration_ms=round(seconds * 1000, 1),
                plugin=exchange.plugin,
            )

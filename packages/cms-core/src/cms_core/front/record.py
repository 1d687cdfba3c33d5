"""What is kept of a request: one line in the log, and figures for ``/metrics``."""

from __future__ import annotations

import logging
from datetime import UTC, datetime

from pydantic_core import to_json

from cms_core.front.head import Head
from cms_core.http.exchange import Exchange
from cms_core.metrics import count_request

log = logging.getLogger(__name__)

#: The status of a request whose client left before it was answered (nginx's choice).
CLIENT_LEFT = 499
#: Clients invent methods; labels must not grow with them.
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_FIELDS = ("request_id", "trace_id", "method", "path", "status", "duration_ms", "plugin")


def record(
    method: str, path: str, head: Head, exchange: Exchange, status: int, seconds: float
) -> None:
    """Record a request that is over; a status of 0 means that nobody got an answer."""
    status = status or CLIENT_LEFT
    template = exchange.template
    known = method if method in _METHODS else "other"
    count_request(known, template or "unmatched", status, seconds)
    if log.isEnabledFor(logging.INFO):
        fields = {
            "request_id": head.request_id,
            "method": method,
            # Paths hold secrets, as queries do: the route's template stands for them.
            "path": template or path[:200],
            "status": status,
            "duration_ms": round(seconds * 1000, 1),
            "plugin": exchange.plugin,
        }
        if head.trace_id is not None:
            fields["trace_id"] = head.trace_id
        log.info("request", extra=fields)


class RequestFormatter(logging.Formatter):
    """Renders these lines as JSON, without the chain of processors that other lines pass.

    That takes as long as answering from the cache does, and finds no secret here.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        fields = {"event": record.msg}
        fields |= {name: getattr(record, name) for name in _FIELDS if hasattr(record, name)}
        moment = datetime.fromtimestamp(record.created, UTC).isoformat().replace("+00:00", "Z")
        fields |= {"level": "info", "logger": record.name, "timestamp": moment}
        return to_json(fields).decode()

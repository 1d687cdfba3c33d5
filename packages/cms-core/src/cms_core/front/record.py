"""What is kept of a request: one line in the log, and figures for ``/metrics``."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TextIO

from pydantic_core import to_json

from cms_core.metrics import count_request

log = logging.getLogger(__name__)

#: The status of a request whose client left before it was answered (nginx's choice).
CLIENT_LEFT = 499
#: Clients invent methods; labels must not grow with them.
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Record:
    """A request that is over; a status of 0 means that nobody got an answer."""

    request_id: str
    trace_id: str | None
    method: str
    path: str
    #: The route that answered, if any did: paths hold secrets, as queries do.
    template: str | None
    plugin: str
    status: int
    seconds: float


def record(request: Record) -> None:
    """Record a request."""
    status = request.status or CLIENT_LEFT
    known = request.method if request.method in _METHODS else "other"
    count_request(known, request.template or "unmatched", status, request.seconds)
    if not log.isEnabledFor(logging.INFO):
        return
    fields = {
        "request_id": request.request_id,
        "method": request.method,
        "path": request.template or request.path[:200],
        "status": status,
        "duration_ms": round(request.seconds * 1000, 1),
        "plugin": request.plugin,
    }
    if request.trace_id is not None:
        fields["trace_id"] = request.trace_id
    if lines.stream is None:
        log.info("request", extra=fields)
    else:
        lines.add(fields)


class Lines:
    """Writes the lines of requests as JSON, those of one turn of the event loop at once.

    Without the chain of processors that other lines pass: that takes as long as answering from
    the cache does, and finds no secret here.
    """

    def __init__(self) -> None:
        #: Where they go; None leaves them to the other lines' way.
        self.stream: TextIO | None = None
        self._waiting: list[bytes] = []

    def add(self, fields: dict[str, object]) -> None:
        """Write a line, at the latest when this turn is over."""
        moment = datetime.now(UTC).isoformat()[:-6] + "Z"
        line = {"event": "request", **fields, "level": "info", "logger": __name__}
        self._waiting.append(to_json({**line, "timestamp": moment}))
        if len(self._waiting) == 1:
            asyncio.get_running_loop().call_soon(self._write)

    def _write(self) -> None:
        waiting, self._waiting = self._waiting, []
        if self.stream is not None:
            self.stream.write(b"\n".join(waiting).decode() + "\n")
            self.stream.flush()


lines = Lines()

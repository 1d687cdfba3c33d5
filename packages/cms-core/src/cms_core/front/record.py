"""What is kept of a request: one line in the log, and figures for ``/metrics``."""

from __future__ import annotations

import asyncio
import json
import logging
from datetime import UTC, datetime
from functools import lru_cache
from time import time
from typing import NamedTuple, TextIO

from cms_core.metrics import count_request

log = logging.getLogger(__name__)

#: The status of a request whose client left before it was answered (nginx's choice).
CLIENT_LEFT = 499
#: Clients invent methods; labels must not grow with them.
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Record(NamedTuple):
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
    if lines.stream is not None:
        lines.add(request, status)
        return
    fields = {
        "request_id": request.request_id,
        "method": request.method,
        "path": _path_of(request),
        "status": status,
        "duration_ms": round(request.seconds * 1000, 1),
        "plugin": request.plugin,
    }
    if request.trace_id is not None:
        fields["trace_id"] = request.trace_id
    log.info("request", extra=fields)


def _path_of(request: Record) -> str:
    return request.template or request.path[:200]


@lru_cache(maxsize=1024)
def _same_for_many(method: str, path: str, status: int, plugin: str) -> tuple[str, str]:
    """The parts of a line that many have in common, before and after how long it took."""
    return (
        f'"method": {json.dumps(method)}, "path": {json.dumps(path)}, "status": {status}, ',
        f'"plugin": {json.dumps(plugin)}, "level": "info", "logger": "{__name__}", ',
    )


#: Seconds that lines of requests may wait for others, to be written together.
PATIENCE = 0.05


class Lines:
    """Writes the lines of requests as JSON, those of a moment at once.

    Without the chain of processors that other lines pass: that takes as long as answering from
    the cache does, and finds no secret here.
    """

    def __init__(self) -> None:
        #: Where they go; None leaves them to the other lines' way.
        self.stream: TextIO | None = None
        #: Requests, their statuses, and when they were over (seconds since 1970).
        self._waiting: list[tuple[Record, int, float]] = []
        #: The loop that will write them; one that is over leaves its lines to the next.
        self._loop: asyncio.AbstractEventLoop | None = None
        self._second, self._date = 0, ""

    def add(self, request: Record, status: int) -> None:
        """Write a line, at the latest after `PATIENCE`."""
        self._waiting.append((request, status, time()))
        loop = asyncio.get_running_loop()
        if len(self._waiting) == 1 or loop is not self._loop:
            self._loop = loop
            loop.call_later(PATIENCE, self.flush)

    def flush(self) -> None:
        """Write the lines that wait."""
        waiting, self._waiting = self._waiting, []
        if waiting and self.stream is not None:
            self.stream.write("".join([self._line(*each) for each in waiting]))
            self.stream.flush()

    def _line(self, request: Record, status: int, over_at: float) -> str:
        trace = f'"trace_id": "{request.trace_id}", ' if request.trace_id else ""
        what, whose = _same_for_many(request.method, _path_of(request), status, request.plugin)
        # The date is the same for a second, and takes longer to write than all the rest.
        second = int(over_at)
        if second != self._second:
            self._second = second
            self._date = datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S")
        return (
            f'{{"event": "request", "request_id": "{request.request_id}", {trace}{what}'
            f'"duration_ms": {request.seconds * 1000:.1f}, {whose}'
            f'"timestamp": "{self._date}.{int((over_at - second) * 1e6):06}Z"}}\n'
        )


lines = Lines()

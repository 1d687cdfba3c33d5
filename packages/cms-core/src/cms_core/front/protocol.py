"""uvicorn's HTTP parser, with bounds on what comes before the application and problems for answers.

By itself it would wait forever for a head, keep one of any length, and refuse in plain text.
"""

from __future__ import annotations

import asyncio
import json
from functools import partial
from http.client import responses as phrases
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from cms_core.front.asked import Asked
from cms_core.front.hits import Hits
from cms_core.problems import FRAMEWORK, MEDIA_TYPE

#: Where the application leaves its kept answers for the connections: in the state of its lifespan.
HITS = "cms.hits"

#: Bytes of request line and headers together; the front refuses less, and says so more kindly.
MAX_HEAD = 64 * 1024


class Protocol(HttpToolsProtocol):
    """One connection of a client."""

    #: Seconds that a client may take nothing of what it was sent.
    stall_timeout = 15.0
    #: Seconds that a head may take from its first byte; or a new connection, to send one.
    head_timeout = 10.0

    _in_head = True
    _head_size = 0
    #: Whether a request ended in what was received last: most of that belongs to it.
    _ended = False
    #: Whether a request of this connection is being answered; the next head may wait that long.
    _busy = False
    #: The request that is answered; the parser may be some requests ahead of it.
    _answered: RequestResponseCycle | None = None
    #: What was asked last of what is kept.
    _asked: Asked | None = None
    _deadline: asyncio.TimerHandle | None = None
    _stalled: asyncio.TimerHandle | None = None
    #: When the last answer was given (seconds of the loop's clock); None while one is to be.
    _idle_since: float | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        self._end_stall()
        super().connection_lost(exc)
        if self.timeout_keep_alive_task is not None:
            self.timeout_keep_alive_task.cancel()
        # uvicorn tells only the request that was parsed last.
        if self._answered is not None and not self._answered.response_complete:
            self._answered.disconnected = True
            self._answered.message_event.set()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._end_stall()
        self._stalled = self.loop.call_later(self.stall_timeout, self.transport.abort)

    def resume_writing(self) -> None:
        self._end_stall()
        super().resume_writing()

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        self._ended = False
        super().data_received(data)
        if not self._in_head:
            return
        # Counted here, since the parser itself collects a header that does not end.
        self._head_size += 0 if self._ended else len(data)
        if self._head_size > MAX_HEAD:
            self._refuse(431)
        elif not self._busy:
            self._await_head()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head, self._head_size = True, 0

    def on_headers_complete(self) -> None:
        self._in_head, self._busy = False, True
        self._stop_waiting()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._in_head, self._head_size, self._ended = True, 0, True

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._answered = cycle
        hits: Hits | None = self.app_state.get(HITS)
        start = partial(super()._start_asgi_task, cycle, app)
        asked = None if hits is None else hits.take(cycle, start, self._asked)
        if asked is None:
            start()
        else:
            self._asked = asked

    def on_response_complete(self) -> None:
        self._busy = bool(self.pipeline)
        if self._busy or self.transport.is_closing():
            super().on_response_complete()
            return
        # As uvicorn does, but with one timer for many answers: to make one takes its time.
        self.server_state.total_requests += 1
        self.flow.resume_reading()
        self._idle_since = self.loop.time()
        if self.timeout_keep_alive_task is None:
            self._watch_idleness(self.timeout_keep_alive)

    def timeout_keep_alive_handler(self) -> None:
        """Close the connection if nothing came for long enough after the last answer."""
        self.timeout_keep_alive_task = None
        if self._idle_since is None:
            return
        left = self._idle_since + self.timeout_keep_alive - self.loop.time()
        if left > 0:
            self._watch_idleness(left)
        else:
            super().timeout_keep_alive_handler()

    def _unset_keepalive_if_required(self) -> None:
        self._idle_since = None

    def _watch_idleness(self, seconds: float) -> None:
        self.timeout_keep_alive_task = self.loop.call_later(
            seconds, self.timeout_keep_alive_handler
        )

    def send_400_response(self, msg: str) -> None:
        """Refuse what can't be parsed."""
        self._refuse(400)

    def _await_head(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(self.head_timeout, self._give_up)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _end_stall(self) -> None:
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None

    def _give_up(self) -> None:
        self._deadline = None
        if self._head_size:
            self._refuse(408)
        else:
            self.transport.close()  # nobody asked anything

    def _refuse(self, status: int) -> None:
        if self.transport.is_closing():
            return
        code, title = FRAMEWORK[status]
        problem = {
            "type": f"/problems/{code}",
            "title": title,
            "status": status,
            "detail": title,
            "code": code,
            "request_id": "",
        }
        body = json.dumps(problem).encode()
        head = (
            f"HTTP/1.1 {status} {phrases[status]}\r\ncontent-type: {MEDIA_TYPE}\r\n"
            f"content-length: {len(body)}\r\nx-content-type-options: nosniff\r\n"
            "connection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        self.transport.close()

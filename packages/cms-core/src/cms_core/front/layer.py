"""The front itself: what happens to every request before and after the routes."""

from __future__ import annotations

from time import perf_counter

import structlog
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Receive, Scope, Send
from structlog.contextvars import bind_contextvars, clear_contextvars

from cms_core import problems
from cms_core.front.admission import Admission
from cms_core.front.answer import Answer
from cms_core.front.body import Body
from cms_core.front.cors import Cors
from cms_core.front.deadline import Deadline, TimedOut
from cms_core.front.departure import Departure
from cms_core.front.head import Head, check_head, read_head
from cms_core.front.published import PublishedAnswers
from cms_core.front.record import Record, record
from cms_core.http.exchange import Door, Exchange, begin_exchange, exchange_of
from cms_core.metrics import FAILURES
from cms_core.settings import Settings

log = structlog.get_logger(__name__)


class Front:
    """Wraps the routes: limits, the id of the request, CORS, errors, log and figures."""

    def __init__(self, app: ASGIApp, settings: Settings, published: PublishedAnswers) -> None:
        self._app = app
        self._settings = settings
        self._published = published
        self._cors = Cors(settings.cors_origins)
        self._admission = Admission(settings.max_concurrent_requests)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = perf_counter()
        head = read_head(scope)
        method, path = scope["method"], scope["path"]
        exchange = Exchange(head.request_id, _door_of(path), max_body=self._settings.max_body_bytes)
        _bind(head)
        deadline = Deadline(self._settings.request_timeout)
        body = Body(receive, head, exchange, deadline)
        answer = Answer(send, head, exchange, self._cors, deadline, body)
        if method == "HEAD":
            answer.head_only = exchange.head_only = True
            # A copy: the server goes on believing that it was asked for the head alone.
            scope = {**scope, "method": "GET"}
        begin_exchange(scope, exchange)
        try:
            departure = Departure(scope, receive, head, leave=deadline.end_now)
            await self._pass(scope, body, answer, deadline, departure)
        finally:
            took = perf_counter() - began
            template, plugin = exchange.template, exchange.plugin
            id, trace_id = head.request_id, head.trace_id
            record(Record(id, trace_id, method, path, template, plugin, answer.status, took))

    async def _pass(
        self,
        scope: Scope,
        body: Body,
        answer: Answer,
        deadline: Deadline,
        departure: Departure,
    ) -> None:
        """Let the routes answer; answer for them where they fail."""
        try:
            check_head(scope)
            self._admission.check(scope["path"])
            with self._admission, departure:
                async with deadline:
                    if not await self._published.obtains(scope, answer):
                        await self._app(scope, body.receive, answer.send)
        except ClientDisconnect:
            return
        except Exception as error:
            over = isinstance(error, TimeoutError) and deadline.passed
            if not (over and departure.happened):
                await _fail(scope, body, answer, TimedOut() if over else error)


def _bind(head: Head) -> None:
    """Let all lines that are logged for the request carry its ids."""
    clear_contextvars()
    bind_contextvars(request_id=head.request_id)
    if head.trace_id is not None:
        bind_contextvars(trace_id=head.trace_id)


async def _fail(scope: Scope, body: Body, answer: Answer, error: Exception) -> None:
    exchange = exchange_of(scope)
    response = problems.render(scope, error)
    if response.status_code == 500:
        FAILURES.labels(exchange.plugin).inc()
        log.error("request_failed", plugin=exchange.plugin, route=exchange.template, exc_info=error)
    if answer.status:
        # Too late for another status: the server cuts the connection, and the client can tell.
        log.warning("answer_cut_off", plugin=exchange.plugin, route=exchange.template)
    else:
        await response(scope, body.receive, answer.send)


def _door_of(path: str) -> Door:
    """The door of a path that may lead nowhere; the route that answers knows better."""
    if path.startswith("/api/v1/admin"):
        return Door.AUTHORING
    return Door.DELIVERY if path.startswith("/api/") else Door.ROOT

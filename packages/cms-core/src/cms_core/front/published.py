"""Published answers at the front: before routing where they are kept, made by the routes once."""

from __future__ import annotations

import asyncio
import os
from time import monotonic, perf_counter

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Scope, Send

from cms_core import problems
from cms_core.cache.entry import Entry, Generations, Headers
from cms_core.cache.keys import canonical, key_of
from cms_core.cache.published import Outcome, Published
from cms_core.errors import CMSError
from cms_core.front.answer import Answer
from cms_core.front.deadline import TimedOut
from cms_core.front.delivery import Wanted, deliver
from cms_core.front.head import (
    MAX_HEAD,
    MAX_HEADER,
    MAX_HEADERS,
    MAX_URL,
    request_id_of,
    trace_id_of,
)
from cms_core.front.record import Record, record
from cms_core.http.doors import Doors
from cms_core.http.exchange import Exchange, begin_exchange, exchange_of

#: Answers that may be kept: there, elsewhere for good, nowhere, gone.
_KEPT = frozenset({200, 301, 308, 404, 410})
_TELLING = (CMSError, HTTPException, RequestValidationError)


class PublishedAnswers:
    """Answers what is kept, and lets the routes make what is not.

    `timeout` is how many seconds making one may take; `cdn_max_age` is told to CDNs if not 0.
    """

    def __init__(
        self, app: ASGIApp, doors: Doors, cache: Published, *, timeout: float, cdn_max_age: int
    ) -> None:
        self._app = app
        self._doors = doors
        self._cache = cache
        self._timeout = timeout
        age = b"max-age=%d" % cdn_max_age
        self._added: Headers = ((b"cdn-cache-control", age),) if cdn_max_age else ()

    async def hits(self, scope: Scope, send: Send) -> bool:
        """Answer a request whose answer is kept and current; return whether it was one.

        Raises `Unavailable` where nobody can tell whether it is current.
        """
        entry = self._cache.memory.get(key_of(scope["path"], scope["query_string"]))
        if entry is None:
            return False
        began = perf_counter()
        head = _Head(scope)
        if head.is_special or not await self._cache.confirms(entry):
            return False
        forms = len(entry.variants)
        status = await deliver(entry, head.wanted, send, *_outcome(Outcome.HIT, entry))
        if len(entry.variants) != forms:
            self._cache.memory.put(entry)
        id, trace_id = head.wanted.request_id.decode(), trace_id_of(head.traceparent)
        method, path, took = scope["method"], scope["path"], perf_counter() - began
        record(Record(id, trace_id, method, path, entry.template, entry.plugin, status, took))
        return True

    async def obtains(self, scope: Scope, answer: Answer) -> bool:
        """Answer a request for published content; return whether it was one.

        Raises what the route raises, and `Unavailable`.
        """
        selected = self._doors.published(scope)
        head = _Head(scope)
        if selected is None or head.is_special:
            return False
        exchange = exchange_of(scope)
        exchange.plugin, exchange.route = selected.plugin, selected.route
        key = key_of(scope["path"], scope["query_string"])
        found = await self._cache.obtain(key, lambda: self._load(key, scope))
        wanted = head.wanted
        wanted.request_id, wanted.head_only = exchange.request_id.encode(), answer.head_only
        outcome = _outcome(found.outcome, found.entry)
        answer.status = await deliver(found.entry, wanted, answer.client, *outcome)
        return True

    async def _load(self, key: str, scope: Scope) -> Entry:
        """Let the route answer, whoever asks: without the headers of the one who came first."""
        stand_in = os.urandom(16).hex()
        outer = exchange_of(scope)
        inner = Exchange(stand_in, outer.door, max_body=0)
        query = canonical(scope["query_string"]).encode()
        asked = {**scope, "headers": [], "query_string": query}
        begin_exchange(asked, inner)
        collected = _Collected()
        try:
            async with asyncio.timeout(self._timeout):
                await self._app(asked, _no_body, collected.send)
        except _TELLING as error:
            answer = problems.render(asked, error)
            if answer.status_code >= 500:
                raise
            await answer(asked, _no_body, collected.send)
        except TimeoutError as error:
            raise TimedOut from error
        return self._entry(key, collected, inner, stand_in)

    def _entry(self, key: str, answer: _Collected, exchange: Exchange, stand_in: str) -> Entry:
        gens, instance = _generations(answer, exchange)
        mark = stand_in.encode()
        return Entry(
            key=key,
            status=answer.status,
            headers=(*answer.headers, *(self._added if gens else ())),
            body=answer.body,
            gens=gens,
            instance=instance,
            template=exchange.template,
            plugin=exchange.plugin,
            stand_in=mark if mark in answer.body else b"",
        )


class _Head:
    """What the hit path needs of a request's head, read in one pass."""

    __slots__ = ("is_special", "traceparent", "wanted")

    def __init__(self, scope: Scope) -> None:
        request_id = accept_encoding = if_none_match = self.traceparent = b""
        size, most, body = 0, 0, False
        for name, value in scope["headers"]:
            length = len(name) + len(value)
            size += length
            most = max(most, length)
            if name == b"accept-encoding":
                accept_encoding = value
            elif name == b"if-none-match":
                if_none_match = value
            elif name == b"x-request-id":
                request_id = value
            elif name == b"traceparent":
                self.traceparent = value
            elif name in _OF_BODIES:
                body = True
        query: bytes = scope["query_string"]
        #: Whether it has to take the long way: it may have to be refused, or has a body.
        self.is_special = (
            body
            or len(scope["headers"]) > MAX_HEADERS
            or size > MAX_HEAD
            or most > MAX_HEADER
            or len(query) + len(scope.get("raw_path") or b"") > MAX_URL
            or not query.isascii()
        )
        id = request_id_of(request_id).encode()
        self.wanted = Wanted(id, accept_encoding, if_none_match, scope["method"] == "HEAD")


_OF_BODIES = frozenset({b"content-length", b"transfer-encoding", b"expect"})


class _Collected:
    """An answer, kept instead of sent."""

    def __init__(self) -> None:
        self.status = 0
        self.headers: Headers = ()
        self.body = b""

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = tuple(
                (bytes(name), bytes(value))
                for name, value in message["headers"]
                if name != b"content-length"
            )
        else:
            self.body += message.get("body", b"")


async def _no_body() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}


def _generations(answer: _Collected, exchange: Exchange) -> tuple[Generations, str]:
    """What an answer was made from; nothing for one that nobody may keep."""
    reading = exchange.reading
    if reading is None or not reading.caught_up or answer.status not in _KEPT:
        return (), ""
    gens = reading.look.gens
    return tuple((scope, gens.get(scope)) for scope in reading.scopes), str(reading.look.instance)


_HIT: tuple[Headers, bytes] = (
    ((b"cache-status", Outcome.HIT.value), (b"age", b"0")),
    b"cache-status: cms; hit\r\nage: 0\r\n",
)
_OTHERS: dict[Outcome, tuple[Headers, bytes]] = {
    each: (((b"cache-status", each.value),), b"cache-status: %b\r\n" % each.value)
    for each in Outcome
}


def _outcome(outcome: Outcome, entry: Entry) -> tuple[Headers, bytes]:
    """Header lines that tell where the answer came from."""
    if outcome is not Outcome.HIT:
        return _OTHERS[outcome]
    age = monotonic() - entry.confirmed_at
    if not 1 <= age < 1e6:
        return _HIT
    told = b"%d" % age
    return (*_HIT[0][:1], (b"age", told)), b"cache-status: cms; hit\r\nage: %b\r\n" % told

"""Published answers on the long way: kept ones found, others made by the routes, once for all."""

from __future__ import annotations

import os
from contextlib import suppress
from functools import partial

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.middleware.asyncexitstack import AsyncExitStackMiddleware
from starlette.exceptions import HTTPException
from starlette.types import Message, Scope

from cms_core import problems
from cms_core.cache.entry import Entry, Generations, Headers
from cms_core.cache.keys import canonical, key_of
from cms_core.cache.published import ANSWERS, Published
from cms_core.errors import CMSError
from cms_core.front.answer import Answer
from cms_core.front.asked import Asked
from cms_core.front.delivery import UNCONFIRMED, deliver
from cms_core.http.direct import NeedsFastAPI
from cms_core.http.doors import Doors, Selected, enter
from cms_core.http.exchange import Exchange, begin_exchange, exchange_of

#: Answers that may be kept: there, elsewhere for good, nowhere, gone.
_KEPT = frozenset({200, 301, 308, 404, 410})
_TELLING = (CMSError, HTTPException, RequestValidationError)


class PublishedAnswers:
    """Answers what is kept, and lets the routes make what is not.

    `cdn_max_age` is told to CDNs if not 0. How long making an answer may take is for those to say
    who wait for it: when the last one gives up, so does the load.
    """

    def __init__(self, doors: Doors, cache: Published, *, cdn_max_age: int) -> None:
        self._doors = doors
        self._handle = AsyncExitStackMiddleware(doors.handle)
        self._cache = cache
        age = b"max-age=%d" % cdn_max_age
        self._added: Headers = ((b"cdn-cache-control", age),) if cdn_max_age else ()

    async def obtains(self, scope: Scope, answer: Answer) -> bool:
        """Answer a request for published content; return whether it was one.

        Raises what the route raises, and `Unavailable`.
        """
        if UNCONFIRMED in scope:
            raise scope[UNCONFIRMED]
        found = self._doors.published(scope)
        asked = Asked(scope)
        if found is None or asked.is_special:
            return False
        selected, child = found
        exchange = exchange_of(scope)
        exchange.plugin, exchange.route = selected.plugin, selected.route
        key = key_of(scope["path"], scope["query_string"])
        load = partial(self._load, key, {**scope, **child}, selected)
        kept = await self._cache.obtain(key, load)
        asked.request_id, asked.head_only = exchange.request_id, answer.head_only
        ANSWERS[kept.outcome].inc()
        forms = len(kept.entry.variants)
        answer.status = await deliver(kept.entry, asked, answer.client, kept.outcome)
        if len(kept.entry.variants) != forms:
            self._cache.recount(kept.entry)
        return True

    async def _load(self, key: str, scope: Scope, selected: Selected) -> Entry:
        """Let the route answer, whoever asks: without the headers of the one who came first.

        `scope` has what the doors found for it already: nothing is routed twice.
        """
        stand_in = os.urandom(16).hex()
        outer = exchange_of(scope)
        inner = Exchange(stand_in, outer.door, max_body=0)
        query = canonical(scope["query_string"]).encode()
        plain = {**scope, "headers": [], "query_string": query}
        begin_exchange(plain, inner)
        try:
            answer = await self._made(plain, selected)
        except _TELLING as error:
            problem = problems.render(plain, error)
            if problem.status_code >= 500:
                raise
            answer = _of_response(problem)
        return self._entry(key, answer, inner, stand_in)

    async def _made(self, scope: Scope, selected: Selected) -> _Collected:
        if (respond := selected.route.respond) is not None:
            enter(scope, selected)
            with suppress(NeedsFastAPI):
                return _of_response(await respond(Request(scope, _no_body)))
        collected = _Collected()
        await self._handle(scope, _no_body, collected.send)
        return collected

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


def _of_response(response: Response) -> _Collected:
    collected = _Collected()
    collected.status, collected.body = response.status_code, bytes(response.body)
    collected.headers = tuple(each for each in response.raw_headers if each[0] != b"content-length")
    return collected


async def _no_body() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}


def _generations(answer: _Collected, exchange: Exchange) -> tuple[Generations, str]:
    """What an answer was made from; nothing for one that nobody may keep."""
    reading = exchange.reading
    if reading is None or not reading.caught_up or answer.status not in _KEPT:
        return (), ""
    gens = reading.look.gens
    return tuple((scope, gens.get(scope)) for scope in reading.scopes), reading.look.instance

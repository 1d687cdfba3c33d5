"""Kept answers, given before ASGI: the connection hands over what it has parsed, and takes bytes.

No task, no coroutine and no framework stands between the two. Whatever is not as simple as that
takes the long way, through the application, which finds the same entries and knows all the rest.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from time import perf_counter
from typing import Any, NamedTuple, cast

import structlog
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from cms_core.cache.entry import Entry
from cms_core.cache.keys import key_of
from cms_core.cache.published import ANSWERS, Outcome, Published
from cms_core.errors import Unavailable
from cms_core.front.asked import Asked
from cms_core.front.delivery import UNCONFIRMED, answer_of, ready_variant, write_form
from cms_core.front.head import trace_id_of
from cms_core.front.record import Record, record

log = structlog.get_logger(__name__)
_READS = frozenset({"GET", "HEAD"})
_HITS = ANSWERS[Outcome.HIT]


class _Reader(NamedTuple):
    """A request that waits for its entry to be confirmed."""

    cycle: RequestResponseCycle
    entry: Entry
    asked: Asked
    #: Starts the long way.
    start: Callable[[], None]
    began: float


class Hits:
    """Answers requests whose answers are in this process's memory and current."""

    def __init__(self, cache: Published) -> None:
        self._cache = cache
        self._waiting: list[_Reader] = []

    def take(
        self, cycle: RequestResponseCycle, start: Callable[[], None], before: Asked | None
    ) -> Asked | None:
        """Take a request over, if its answer is kept; return what it asks then.

        `start` is called where it has to take the long way after all. `before` is what was taken
        over last from the same connection.
        """
        scope = cycle.scope
        if scope["method"] not in _READS:
            return None
        path, query = scope["path"], scope["query_string"]
        entry = self._cache.memory.get(key_of(path, query) if query else path)
        if entry is None:
            return None
        asked = Asked(scope, before)
        if asked.is_special:
            return None
        self._waiting.append(_Reader(cycle, entry, asked, start, perf_counter()))
        if len(self._waiting) == 1:
            # When this turn is over: then all who wait have arrived before anything is asked.
            asyncio.get_running_loop().call_soon(self._serve)
        return asked

    def _serve(self) -> None:
        waiting, self._waiting = self._waiting, []
        # Some of them may have come after a task of this turn has looked.
        self._cache.refresh()
        unsure = []
        for reader in waiting:
            if self._cache.trusts(reader.entry):
                self._answer(reader)
            else:
                unsure.append(reader)
        if unsure:
            entries = [reader.entry for reader in unsure]
            self._cache.ask(entries, partial(self._conclude, unsure))

    def _conclude(
        self, readers: Sequence[_Reader], verdicts: Sequence[bool] | BaseException
    ) -> None:
        """Answer readers whose entries were asked about, or let them take the long way."""
        if isinstance(verdicts, BaseException):
            for reader in readers:
                if isinstance(verdicts, Unavailable):
                    cast(dict[str, Any], reader.cycle.scope)[UNCONFIRMED] = verdicts
                reader.start()
            return
        for reader, is_current in zip(readers, verdicts, strict=True):
            if is_current:
                self._answer(reader)
            else:
                reader.start()

    def _answer(self, reader: _Reader) -> None:
        try:
            status = self._write(reader)
        except Exception:
            # The others of the same turn or batch shall be answered all the same.
            log.exception("hit_failed")
            status = 0
        if not status:
            if not reader.cycle.response_started:
                reader.start()
            return
        _HITS.inc()
        cycle, entry, asked, _, began = reader
        scope = cycle.scope
        trace_id = trace_id_of(asked.traceparent) if asked.traceparent else None
        if cycle.disconnected:
            status = 0
        record(
            Record(
                asked.request_id,
                trace_id,
                scope["method"],
                scope["path"],
                entry.template,
                entry.plugin,
                status,
                perf_counter() - began,
            )
        )

    def _write(self, reader: _Reader) -> int:
        """Write the answer and return its status; 0 where the long way has to do it."""
        cycle, entry, asked, _, _ = reader
        if cycle.flow.write_paused:
            return 0
        size = len(entry.variants)
        variant = ready_variant(entry, asked)
        if variant is None:
            return 0
        if len(entry.variants) != size:
            self._cache.recount(entry)
        form = answer_of(entry, variant, asked)
        write_form(cycle, form, entry, asked, Outcome.HIT)
        status, *_ = form
        return status

"""Validation on PostgreSQL: one statement for all who wait, on a connection of its own.

The statement is sent outside any transaction, so that its snapshot is of after it was sent. While
PostgreSQL names the same snapshot, no transaction has ended, and whatever was found current in it
still is, and due when it was: only the clock has moved on. So a glance at both comes first, and
generations are asked for only where it does not tell.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from time import monotonic
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from cms_core.batches import Batches, Then
from cms_core.cache.entry import Entry
from cms_core.db.clock import db_now
from cms_core.db.database import Database
from cms_core.db.engines import CONNECT_TIMEOUT
from cms_core.db.faults import DRIVER_ERRORS, Fault, classify, outages_as_unavailable
from cms_core.db.generations import mark
from cms_core.db.reads import AnyRow, Driver, Read, arguments
from cms_core.errors import Unavailable
from cms_core.overdue import Look, Lookout, is_late

#: How often a question is put before the database counts as out of reach: a connection that died
#: in the meantime, or a job whose question has become unreadable, deserve another try.
_TRIES = 3

_GLANCE = Read(select(db_now().label("now"), mark().label("mark")))
_NOTHING = Look(datetime.min.replace(tzinfo=UTC))


class PostgresValidator:
    """`bound` is for how many seconds an answer is trusted, counted from its sending; 0: never."""

    def __init__(self, db: Database, lookout: Lookout, bound: float) -> None:
        self._db = db
        self._lookout = lookout
        self._bound = bound
        self._batches = Batches(self._ask)
        self._connection: AsyncConnection | None = None
        self._driver: Driver | None = None
        #: Marks of different connections are not compared: a restored database repeats them.
        self._connections = 0
        self._known = _NOTHING
        #: The question that it answers: another one may ask more jobs.
        self._question = lookout.question

    def trusts(self, entry: Entry) -> bool:
        if not self._bound:
            return False
        if entry.mark == self._known.mark and entry.confirmed_at < self._known.sent_at:
            entry.confirmed_at = self._known.sent_at  # nothing was committed in between
        return monotonic() - entry.confirmed_at < self._bound

    def refresh(self) -> None:
        """Nothing is learnt without asking."""

    async def look(self, entry: Entry) -> Look:
        return await self._batches.join((entry,))

    def ask(self, entries: Sequence[Entry], then: Then[Look]) -> None:
        self._batches.put(entries, then)

    async def close(self) -> None:
        await self._batches.close()
        await self._disconnect()

    async def _ask(self, asked: Sequence[Sequence[Entry]]) -> Look:
        await self._lookout.examine_again()
        mark, entries = self._known.mark, [entry for each in asked for entry in each]
        strangers = [entry for entry in entries if entry.mark != mark]
        look = await self._put(_scopes(strangers), glance=not strangers)
        if look.mark != mark and len(strangers) < len(entries):
            look = await self._put(_scopes(entries))
        # Together: what is current under this mark was so when this was sent, and no other.
        self._known = look
        return look

    async def _put(self, scopes: Collection[str], *, glance: bool = False) -> Look:
        """Put the question, again where the connection was lost.

        A glance tells no more than what was known before, or that it is known no longer.
        """
        for remaining in reversed(range(_TRIES)):
            try:
                async with asyncio.timeout(CONNECT_TIMEOUT):
                    driver = self._driver or await self._connect()
                    if glance and self._question is self._lookout.question:
                        return await self._glance(driver)
                    return await self._examine(driver, scopes)
            except (*DRIVER_ERRORS, DBAPIError, OSError, Unavailable) as error:
                fault = classify(error)
                if fault is Fault.DEFECT and not isinstance(error, Unavailable):
                    await self._lookout.examine(error)
                    continue
                await self._disconnect()
                if fault is not Fault.GONE or not remaining:
                    raise Unavailable("The database is not answering.") from error
        raise Unavailable("The database is not answering.")

    async def _glance(self, driver: Driver) -> Look:
        sent_at, known = monotonic(), self._known
        [(now, mark)] = await self._fetch(driver, _GLANCE)
        if (named := self._named(mark)) != known.mark:
            return Look(now, mark=named, sent_at=sent_at)
        late = is_late(known.due, now)
        return Look(now, known.due, {}, known.instance, known.mark, sent_at, is_overdue=late)

    async def _examine(self, driver: Driver, scopes: Collection[str]) -> Look:
        question, sent_at = self._lookout.question, monotonic()
        [row] = await self._fetch(driver, question.read, scopes=list(scopes))
        look = question.look_of(row)
        self._question = question
        return replace(look, mark=self._named(look.mark), sent_at=sent_at)

    async def _fetch(self, driver: Driver, read: Read, **values: Any) -> Sequence[AnyRow]:
        prepared = read.prepared(self._db.reader.dialect)
        records = await driver.fetch(prepared.sql, *arguments(prepared, values))
        return read.rows(prepared, records)

    def _named(self, mark: str) -> str:
        return f"{self._connections} {mark}"

    async def _connect(self) -> Driver:
        with outages_as_unavailable(connecting=True):
            self._connection = await self._db.reader.connect()
            self._db.kept += 1
            raw = (await self._connection.get_raw_connection()).driver_connection
        self._connections += 1
        self._driver = Driver(raw, self._db.heard)
        return self._driver

    async def _disconnect(self) -> None:
        connection, self._connection, self._driver = self._connection, None, None
        if connection is not None:
            self._db.kept -= 1
            with suppress(*DRIVER_ERRORS, DBAPIError, OSError):
                await connection.invalidate()
                await connection.close()


def _scopes(entries: Iterable[Entry]) -> set[str]:
    return {scope for entry in entries for scope, _ in entry.gens}

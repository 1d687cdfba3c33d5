"""Validation on PostgreSQL: one statement for all who wait, on a connection of its own.

The statement is sent outside any transaction, so that its snapshot is of after it was sent. While
PostgreSQL names the same snapshot, no transaction has ended, and whatever was found current in it
still is: generations are asked for only where that is not known.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from time import monotonic

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from cms_core.cache.batches import Batches, Then
from cms_core.cache.entry import Entry
from cms_core.db.database import Database
from cms_core.db.engines import CONNECT_TIMEOUT
from cms_core.db.faults import DRIVER_ERRORS, Fault, classify, outages_as_unavailable
from cms_core.db.reads import Driver, arguments
from cms_core.errors import Unavailable
from cms_core.overdue import Look, Lookout

#: How often a question is put before the database counts as out of reach: a connection that died
#: in the meantime, or a job whose question has become unreadable, deserve another try.
_TRIES = 3


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
        self._mark = ""
        self._sent_at = float("-inf")

    def trusts(self, entry: Entry) -> bool:
        if not self._bound:
            return False
        if entry.mark == self._mark and entry.confirmed_at < self._sent_at:
            entry.confirmed_at = self._sent_at  # nothing was committed in between
        return monotonic() - entry.confirmed_at < self._bound

    def refresh(self) -> None:
        """Nothing is learnt without asking."""

    async def look(self, entry: Entry) -> Look:
        return await self._batches.join(entry)

    def ask(self, entry: Entry, then: Then[Look]) -> None:
        self._batches.put(entry, then)

    async def close(self) -> None:
        await self._batches.close()
        await self._disconnect()

    async def _ask(self, entries: Sequence[Entry]) -> Look:
        await self._lookout.examine_again()
        mark = self._mark
        look = await self._put(_scopes(entry for entry in entries if entry.mark != mark))
        if look.mark != mark and any(entry.mark == mark for entry in entries):
            look = await self._put(_scopes(entries))
        # Together: what is current under this mark was so when this was sent, and no other.
        self._mark, self._sent_at = look.mark, look.sent_at
        return look

    async def _put(self, scopes: Collection[str]) -> Look:
        """Put the question, again where the connection was lost."""
        for remaining in reversed(range(_TRIES)):
            try:
                return await self._put_once(scopes)
            except (*DRIVER_ERRORS, DBAPIError, OSError, Unavailable) as error:
                fault = classify(error)
                if fault is Fault.DEFECT and not isinstance(error, Unavailable):
                    await self._lookout.examine(error)
                    continue
                await self._disconnect()
                if fault is not Fault.GONE or not remaining:
                    raise Unavailable("The database is not answering.") from error
        raise Unavailable("The database is not answering.")

    async def _put_once(self, scopes: Collection[str]) -> Look:
        driver = self._driver or await self._connect()
        question = self._lookout.question
        prepared = question.read.prepared(self._db.reader.dialect)
        sent_at = monotonic()
        async with asyncio.timeout(CONNECT_TIMEOUT):
            records = await driver.fetch(
                prepared.sql, *arguments(prepared, {"scopes": list(scopes)})
            )
        look = question.look_of(question.read.rows(prepared, records)[0])
        return replace(look, mark=f"{self._connections} {look.mark}", sent_at=sent_at)

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

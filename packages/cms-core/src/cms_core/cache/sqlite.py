"""Validation on SQLite: a number that changes with every commit, looked at once per loop turn.

Everything that runs in one turn of the event loop was scheduled, and so had arrived, before the
turn's first look. The connection is read-only and in autocommit: inside a transaction the number
would stand still, and a connection's own writes would not change it.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Collection, Sequence

from cms_core.batches import Then
from cms_core.cache.entry import Entry
from cms_core.db.database import Database
from cms_core.db.reads import arguments
from cms_core.errors import Unavailable
from cms_core.overdue import Look, Lookout

_NEVER = float("inf")


class SqliteValidator:
    """Looks by itself, without a thread: what it asks for is in the file's shared memory."""

    def __init__(self, db: Database, lookout: Lookout) -> None:
        self._db = db
        self._lookout = lookout
        self._connection: sqlite3.Connection | None = None
        self._turn: asyncio.Handle | None = None
        self._connections = 0
        self._mark = ""
        self._instance = ""
        self._due_at = 0.0

    def trusts(self, entry: Entry) -> bool:
        try:
            self._look_at_file()
            if time.time() >= self._due_at or entry.instance != self._instance:
                return False
            if entry.mark != self._mark and entry.agrees(self._ask(entry.scopes).gens):
                entry.mark = self._mark
        except sqlite3.Error:
            self._disconnect()
            return False
        return entry.mark == self._mark

    def refresh(self) -> None:
        if self._turn is not None:
            self._turn.cancel()
            self._turn = None

    async def look(self, entry: Entry) -> Look:
        await self._lookout.examine_again()
        try:
            return self._look(entry.scopes)
        except sqlite3.Error as error:
            # A job may have become unreadable: then the others are still asked.
            await self._lookout.examine(error)
        try:
            return self._look(entry.scopes)
        except sqlite3.Error as error:
            raise Unavailable("The database is not answering.") from error

    def ask(self, entries: Sequence[Entry], then: Then[Look]) -> None:
        try:
            look = self._look({scope for entry in entries for scope in entry.scopes})
        except (Unavailable, sqlite3.Error) as error:
            then(error)  # on the long way, `look` finds out why
        else:
            then(look)

    async def close(self) -> None:
        self.refresh()
        self._disconnect()

    def _look(self, scopes: Collection[str]) -> Look:
        try:
            self._connection = self._connection or self._connect()
        except sqlite3.Error as error:
            raise Unavailable("The database is not answering.") from error
        try:
            self._look_at_file()
            return self._ask(scopes)
        except sqlite3.Error:
            self._disconnect()
            raise

    def _look_at_file(self) -> None:
        """Learn whether anything was committed, once per turn of the loop."""
        if self._turn is not None:
            return
        connection = self._connection or self._connect()
        (version,) = connection.execute("PRAGMA data_version").fetchone()
        self._turn = asyncio.get_running_loop().call_soon(self._end_turn)
        mark = f"{self._connections} {version}"
        if mark != self._mark:
            self._mark = mark
            self._note(self._ask(()))

    def _end_turn(self) -> None:
        self._turn = None

    def _ask(self, scopes: Collection[str]) -> Look:
        question = self._lookout.question
        connection = self._connection or self._connect()
        prepared = question.read.prepared(self._db.reader.dialect)
        values = arguments(prepared, {"scopes": list(scopes)})
        records = connection.execute(prepared.sql, values).fetchall()
        return question.look_of(question.read.rows(prepared, records)[0])

    def _note(self, look: Look) -> None:
        self._instance = look.instance
        # The clock of this process is SQLite's too.
        self._due_at = min((at.timestamp() for at in look.due.values()), default=_NEVER)

    def _connect(self) -> sqlite3.Connection:
        path = self._db.reader.url.database or ""
        self._connection = sqlite3.connect(
            f"file:{path}?mode=ro", uri=True, isolation_level=None, timeout=0
        )
        self._connections += 1
        return self._connection

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

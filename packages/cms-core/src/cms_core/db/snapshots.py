"""How snapshots are opened: on connections of their own, one of which is one moment.

On PostgreSQL the transaction is begun on the driver itself, so that lean reads pay for nothing but
their statements; whoever wants entities finds the ORM on the same connection, in the same moment.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from cms_core.db.engines import CONNECT_TIMEOUT
from cms_core.db.faults import DRIVER_ERRORS, Fault, classify, outages_as_unavailable
from cms_core.db.reads import AnyRow, Driver, Hear, Read, arguments
from cms_core.db.session import SnapshotSession

T = TypeVar("T")

_BEGIN = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"


class Snapshots(Protocol):
    """Opens snapshots of one database."""

    def open(self) -> AbstractAsyncContextManager[SnapshotSession]:
        """Open a read-only view of one moment. Raises `Unavailable`."""

    async def ask(self, read: Read, parameters: Mapping[str, Any]) -> list[AnyRow]:
        """Return the rows of a read that is alone in its moment. Raises `Unavailable`."""

    @property
    def era(self) -> int:
        """A number that changes whenever a connection is made: to the same database, or not."""

    @property
    def idle(self) -> int:
        """Connections that are kept for the next ones."""

    async def close(self) -> None:
        """Close the connections that nobody uses."""


class SqliteSnapshots:
    """Snapshots of a SQLite file, on the reading engine's connections."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    @asynccontextmanager
    async def open(self) -> AsyncIterator[SnapshotSession]:
        async with SnapshotSession(self._engine) as session:
            with outages_as_unavailable(connecting=True):
                await session.connection()
            yield session

    async def ask(self, read: Read, parameters: Mapping[str, Any]) -> list[AnyRow]:
        async with self.open() as session:
            return await session.fetch(read, **parameters)

    @property
    def era(self) -> int:
        return 0

    @property
    def idle(self) -> int:
        return 0

    async def close(self) -> None:
        """The engine closes them."""


@dataclass(frozen=True, slots=True)
class _Seat:
    """A connection, as SQLAlchemy knows it and as the driver does."""

    connection: AsyncConnection
    driver: Driver


class PostgresSnapshots:
    """Snapshots of PostgreSQL, on up to `size` connections that are kept."""

    def __init__(self, engine: AsyncEngine, size: int, heard: list[Hear]) -> None:
        self._engine = engine
        self._heard = heard
        self._room = asyncio.Semaphore(size)
        self._idle: list[_Seat] = []
        self._leaving: set[asyncio.Task[None]] = set()
        self._closed = False
        self.era = 0

    @asynccontextmanager
    async def open(self) -> AsyncIterator[SnapshotSession]:
        await self._enter()
        try:
            with outages_as_unavailable(connecting=True):
                seat, _ = await self._first(lambda driver: driver.execute(_BEGIN))
        except BaseException:
            self._room.release()
            raise
        session = SnapshotSession(seat.connection, seat.driver)
        try:
            yield session
        except asyncio.CancelledError:
            # In a task of its own: who is cancelled leaves no transaction behind, and is gone soon.
            task = asyncio.create_task(self._leave(seat, session))
            self._leaving.add(task)
            task.add_done_callback(self._leaving.discard)
            raise
        except BaseException:
            await self._leave(seat, session)
            raise
        await self._leave(seat, session)

    async def ask(self, read: Read, parameters: Mapping[str, Any]) -> list[AnyRow]:
        # A statement sees one moment by itself: nothing has to begin and to end around it.
        prepared = read.prepared(self._engine.dialect)
        values = arguments(prepared, parameters)
        await self._enter()
        try:
            with outages_as_unavailable(connecting=True):
                seat, records = await self._first(
                    lambda driver: driver.fetch(prepared.sql, *values)
                )
            if self._closed:
                await _close(seat)
            else:
                self._idle.append(seat)
        finally:
            self._room.release()
        return read.rows(prepared, records)

    @property
    def idle(self) -> int:
        return len(self._idle)

    async def close(self) -> None:
        self._closed = True
        if self._leaving:
            await asyncio.wait(list(self._leaving))
        for seat in self._idle:
            await _close(seat)
        self._idle.clear()

    async def _enter(self) -> None:
        if not self._room.locked():
            await self._room.acquire()  # at once
            return
        with outages_as_unavailable(connecting=True):
            async with asyncio.timeout(CONNECT_TIMEOUT):
                await self._room.acquire()

    async def _first(self, run: Callable[[Driver], Awaitable[T]]) -> tuple[_Seat, T]:
        """Return a connection on which the first statement has run, and what came of it."""
        while self._idle:
            seat = self._idle.pop()
            try:
                return seat, await run(seat.driver)
            except DRIVER_ERRORS as error:
                await _close(seat, broken=True)
                if classify(error) is not Fault.GONE:
                    raise
            except BaseException:
                await _close(seat, broken=True)
                raise
        connection = await self._engine.connect()
        self.era += 1
        raw: Any = (await connection.get_raw_connection()).driver_connection
        seat = _Seat(connection, Driver(raw, self._heard))
        try:
            return seat, await run(seat.driver)
        except BaseException:
            await _close(seat, broken=True)
            raise

    async def _leave(self, seat: _Seat, session: SnapshotSession) -> None:
        kept = False
        try:
            if session.in_transaction():
                await session.close()
            await seat.driver.execute("ROLLBACK", within=CONNECT_TIMEOUT)
            kept = not self._closed
        except (*DRIVER_ERRORS, DBAPIError, OSError, TimeoutError):
            pass  # whoever read from it has met the same
        finally:
            if kept:
                self._idle.append(seat)
            else:
                await _close(seat, broken=True)
            self._room.release()


async def _close(seat: _Seat, *, broken: bool = False) -> None:
    with suppress(*DRIVER_ERRORS, DBAPIError, PoolTimeout, OSError):
        if broken:
            await seat.connection.invalidate()
        await seat.connection.close()

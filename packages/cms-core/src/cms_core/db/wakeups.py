"""Hints to workers that something became due. A lost hint costs time, never work.

PostgreSQL carries them with NOTIFY, sent after the commit: inside a transaction it would make all
commits queue up behind each other. SQLite has no such thing, but tells cheaply whether anything
was committed since one last asked.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

log = structlog.get_logger(__name__)

CHANNEL = "cms_wakeups"
#: Seconds between two looks at a SQLite file, and before listening is tried again.
POLL = 0.2
RECONNECT = 5.0


class Wakeups:
    """Rings in this process at once, in the others as soon as the database carries it there."""

    def __init__(self, writer: AsyncEngine, reader: AsyncEngine) -> None:
        self._writer = writer
        self._reader = reader
        self._rings: set[Callable[[], None]] = set()

    async def ring(self) -> None:
        """Tell every worker to look for what is due; never raises for a database out of reach."""
        for ring in self._rings:
            ring()
        if self._writer.dialect.name != "postgresql":
            return
        notifier = self._writer.execution_options(isolation_level="AUTOCOMMIT")
        with suppress(DBAPIError, PoolTimeout, OSError):
            async with notifier.connect() as connection:
                await connection.exec_driver_sql(f"NOTIFY {CHANNEL}")

    @asynccontextmanager
    async def listening(self, ring: Callable[[], None]) -> AsyncIterator[None]:
        """Call `ring` at every hint, from this process or another, within the context."""
        self._rings.add(ring)
        task = asyncio.create_task(self._listen(ring), name="wakeups")
        try:
            yield
        finally:
            self._rings.discard(ring)
            task.cancel()
            await asyncio.wait([task])

    async def _listen(self, ring: Callable[[], None]) -> None:
        hear = _notifications if self._reader.dialect.name == "postgresql" else _changes
        while True:
            try:
                async with self._reader.connect() as connection:
                    await hear(connection, ring)
            except Exception as error:  # the drivers raise errors of their own here
                log.info("wakeups_interrupted", retry_after=RECONNECT, error=str(error))
            await asyncio.sleep(RECONNECT)


async def _notifications(connection: AsyncConnection, ring: Callable[[], None]) -> None:
    """Ring at every NOTIFY until the connection is lost."""
    driver: Any = (await connection.get_raw_connection()).driver_connection
    lost = asyncio.Event()
    driver.add_termination_listener(lambda _: lost.set())
    await driver.add_listener(CHANNEL, lambda *_: ring())
    ring()  # for what was said before we listened
    try:
        await lost.wait()
    finally:
        await connection.invalidate()  # nobody else shall get a connection that listens


async def _changes(connection: AsyncConnection, ring: Callable[[], None]) -> None:
    """Ring when another connection has committed."""
    driver: Any = (await connection.get_raw_connection()).driver_connection
    seen = None
    while True:
        # Outside a transaction: inside, the number stands still.
        cursor = await driver.execute("PRAGMA data_version")
        (version,) = await cursor.fetchone()
        await cursor.close()
        if version != seen:
            seen = version
            ring()
        await asyncio.sleep(POLL)

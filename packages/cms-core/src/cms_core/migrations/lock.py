"""One migration at a time: the connection, transaction and lock in which a schema is changed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, event, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from cms_core.db.engines import CONNECT_TIMEOUT, parse_url
from cms_core.db.faults import Fault, classify, outages_as_unavailable

T = TypeVar("T")

#: Seconds that a migration waits for another one to finish.
TURN_TIMEOUT = 600
#: Seconds that a statement waits for a table that others use. Short: behind a waiting ALTER TABLE
#: every reader of the table queues up, so we step back and try again.
LOCK_TIMEOUT = 2
ATTEMPTS = 10
_ADVISORY_LOCK = 0x636D73  # "cms"
#: Alembic's `op` stands for one migration of the whole process, whatever the database.
_PROCESS = asyncio.Lock()


class ForeignKeysBroken(RuntimeError):
    """A migration left rows that refer to nothing; it was rolled back."""


async def migrate_alone(
    url: str, work: Callable[[Connection], T], *, attempts: int = ATTEMPTS
) -> T:
    """Run `work` in a transaction of its own that no other migration of this database overlaps.

    Raises `Unavailable`, with nothing changed, when tables are still in use at the last attempt.
    """
    engine = _engine(parse_url(url))
    try:
        for pause in range(1, attempts):
            try:
                return await _once(engine, work)
            except DBAPIError as error:
                if classify(error) not in (Fault.UNAVAILABLE, Fault.RETRY):
                    raise
            await asyncio.sleep(pause * 0.5)
        with outages_as_unavailable():
            return await _once(engine, work)
    finally:
        await engine.dispose()


async def _once(engine: AsyncEngine, work: Callable[[Connection], T]) -> T:
    turn = _postgres_turn if engine.dialect.name == "postgresql" else _sqlite_turn
    async with _PROCESS, _connect(engine) as connection, connection.begin(), turn(connection):
        return await connection.run_sync(work)


@asynccontextmanager
async def _connect(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    with outages_as_unavailable(connecting=True):
        connection = await engine.connect()
    async with aclosing(connection):
        yield connection


@asynccontextmanager
async def _postgres_turn(connection: AsyncConnection) -> AsyncIterator[None]:
    # Held to the end of the transaction: who waits for it sees what the one before has done.
    await connection.execute(text(f"SET LOCAL lock_timeout = '{TURN_TIMEOUT}s'"))
    await connection.execute(text(f"SELECT pg_advisory_xact_lock({_ADVISORY_LOCK})"))
    await connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}s'"))
    yield


@asynccontextmanager
async def _sqlite_turn(connection: AsyncConnection) -> AsyncIterator[None]:
    yield
    broken = (await connection.execute(text("PRAGMA foreign_key_check"))).all()
    if broken:
        raise ForeignKeysBroken(", ".join(sorted({f"{row[0]} → {row[2]}" for row in broken})))


def _engine(url: URL) -> AsyncEngine:
    if url.get_backend_name() == "sqlite":
        return _sqlite(url)
    settings = {"application_name": "cms migrate", "timezone": "UTC", "statement_timeout": "0"}
    connect = {"timeout": CONNECT_TIMEOUT, "server_settings": settings}
    return create_async_engine(url, poolclass=NullPool, connect_args=connect)


def _sqlite(url: URL) -> AsyncEngine:
    if url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_async_engine(url, poolclass=NullPool)

    @event.listens_for(engine.sync_engine, "connect")
    def configure(connection: Any, _: object) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute(f"PRAGMA busy_timeout={TURN_TIMEOUT * 1000}")
        # Batch mode drops and recreates tables: with foreign keys on, dropping a parent deletes
        # rows of its children. Inside a transaction this pragma does nothing.
        cursor.execute("PRAGMA foreign_keys=OFF")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine

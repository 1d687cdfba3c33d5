"""Engines for the two databases, with the connection hooks that keep SQLite from losing updates."""

from typing import Any

from pydantic_core import from_json
from sqlalchemy import Connection, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

#: Seconds. The ladder: request 15 > statement 5 > lock 4 > connect and pool 1.
STATEMENT_TIMEOUT = 5.0
LOCK_TIMEOUT = 4.0
CONNECT_TIMEOUT = 1.0
SQLITE_WRITER_WAIT = 5.0

#: Execution option of a connection: the seconds that its transaction waits for a lock.
LOCK_WAIT = "cms_lock_wait"


def parse_url(url: str) -> URL:
    """Return the URL with its asynchronous driver spelled out.

    Raises `ValueError` for a database that is neither SQLite nor PostgreSQL.
    """
    parsed = make_url(url)
    drivers = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg"}
    backend = "postgresql" if parsed.drivername == "postgres" else parsed.get_backend_name()
    if backend not in drivers:
        raise ValueError(f"CMS_DATABASE_URL names {backend!r}; use sqlite or postgresql")
    return parsed.set(drivername=drivers[backend])


def create_engines(
    url: str, *, pool_size: int = 10, connect_timeout: float = CONNECT_TIMEOUT
) -> tuple[AsyncEngine, AsyncEngine]:
    """Return the engine for transactions and the engine for snapshots; opens no connection yet."""
    parsed = parse_url(url)
    if parsed.get_backend_name() == "sqlite":
        return _sqlite(parsed, writer=True), _sqlite(parsed, writer=False)
    engine = _postgres(parsed, pool_size, connect_timeout)
    # Snapshots begin their transactions themselves: see `cms_core.db.snapshots`.
    return engine, engine.execution_options(isolation_level="AUTOCOMMIT")


def _postgres(url: URL, pool_size: int, connect_timeout: float) -> AsyncEngine:
    settings = {
        "application_name": "cms",
        "timezone": "UTC",
        "statement_timeout": f"{STATEMENT_TIMEOUT:g}s",
        "lock_timeout": f"{LOCK_TIMEOUT:g}s",
        "idle_in_transaction_session_timeout": "30s",
    }
    engine = create_async_engine(
        url,
        # As many for snapshots, which keep theirs, as for transactions. None beyond: an overflow
        # connection is closed when it is given back, and a new one costs more than many statements.
        pool_size=2 * pool_size,
        max_overflow=0,
        pool_timeout=CONNECT_TIMEOUT,
        pool_recycle=1800,
        hide_parameters=True,
        json_deserializer=from_json,  # a list has three columns of JSON in each row
        connect_args={"timeout": connect_timeout, "server_settings": settings},
    )

    @event.listens_for(engine.sync_engine, "begin")
    def limit_lock_wait(connection: Connection) -> None:
        wait = connection.get_execution_options().get(LOCK_WAIT)
        if wait is not None:
            # Never zero, which would mean: without end.
            milliseconds = max(1, round(wait * 1000))
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = {milliseconds}")

    return engine


def _sqlite(url: URL, *, writer: bool) -> AsyncEngine:
    # One writer connection: SQLite has one writer anyway, and waiting for it in the pool's queue
    # is fair, while its own busy handler polls and can starve.
    engine = create_async_engine(
        url,
        pool_size=1 if writer else 5,
        max_overflow=0,
        pool_timeout=SQLITE_WRITER_WAIT if writer else CONNECT_TIMEOUT,
        hide_parameters=True,  # errors are logged, and parameters hold secrets
        json_deserializer=from_json,
        connect_args={"timeout": SQLITE_WRITER_WAIT},
    )

    @event.listens_for(engine.sync_engine, "connect")
    def configure(connection: Any, _: object) -> None:
        connection.isolation_level = None  # the driver's own BEGIN is deferred: it loses updates
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        # FULL, not NORMAL: an acknowledged commit must survive a power cut, not only a crash.
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute(f"PRAGMA busy_timeout={int(SQLITE_WRITER_WAIT * 1000)}")
        if not writer:
            cursor.execute("PRAGMA query_only=ON")
        cursor.close()

    @event.listens_for(engine.sync_engine, "invalidate")
    def release(connection: Any, _: object, __: object) -> None:
        # A closed connection keeps its transaction, and its locks, as long as some cursor that a
        # cancelled request left half-read is referred to by a traceback.
        connection.rollback()

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Connection) -> None:
        _limit_busy_wait(connection)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writer else "BEGIN")

    return engine


def _limit_busy_wait(connection: Connection) -> None:
    wait = connection.get_execution_options().get(LOCK_WAIT, SQLITE_WRITER_WAIT)
    # What another transaction has set stays with the connection until one wants something else.
    if wait != connection.info.get(LOCK_WAIT, SQLITE_WRITER_WAIT):
        connection.exec_driver_sql(f"PRAGMA busy_timeout={round(wait * 1000)}")
        connection.info[LOCK_WAIT] = wait

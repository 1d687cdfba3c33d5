"""The database of a CMS: opens transactions and snapshots, and is the only place that commits."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from time import monotonic
from typing import Any, TypeVar

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.orm import Session

from cms_core.db.engines import CONNECT_TIMEOUT, LOCK_WAIT, SQLITE_WRITER_WAIT, create_engines
from cms_core.db.faults import Fault, classify, outages_as_unavailable
from cms_core.db.reads import AnyRow, Driver, Hear, Read
from cms_core.db.session import SnapshotSession, TransactionSession
from cms_core.db.snapshots import PostgresSnapshots, Snapshots, SqliteSnapshots
from cms_core.db.wakeups import Wakeups
from cms_core.errors import Unavailable
from cms_core.events import Event, Subscriber, Subscribers

T = TypeVar("T")
log = structlog.get_logger(__name__)

#: How often a unit of work is run before its races make it `Unavailable`.
ATTEMPTS = 3


class CommitFailed(Unavailable):
    """The change could not be committed; look before you send it again.

    The connection to the database broke at that very moment. With an `Idempotency-Key` it is safe
    to send the request again.
    """


class Database:
    """Sessions on SQLite or PostgreSQL. Building it does no I/O."""

    def __init__(
        self, url: str, *, pool_size: int = 10, connect_timeout: float = CONNECT_TIMEOUT
    ) -> None:
        self.writer, self.reader = create_engines(
            url, pool_size=pool_size, connect_timeout=connect_timeout
        )
        self.dialect = self.writer.dialect.name
        #: Called with each statement that runs on the driver itself; what SQLAlchemy runs, its own
        #: events tell.
        self.heard: list[Hear] = []
        self._snapshots = _snapshots(self.reader, pool_size, self.heard)
        self.subscribers = Subscribers()
        self.wakeups = Wakeups(self.writer, self.reader)
        #: SQLite has one writer: ours queue up here, where a wait can be given up without harm.
        self._writing = asyncio.Lock() if self.dialect == "sqlite" else None
        #: Connections that somebody keeps, to ask or to listen all the time.
        self.kept = 0
        #: Gets the scopes that a transaction has touched, after its commit.
        self.touched: Callable[[Collection[str]], None] = lambda scopes: None
        #: What `after_commit` handlers get as first argument: the CMS, set by `build_cms`.
        self.owner: Any = None

    @asynccontextmanager
    async def transaction(
        self, *, lock_wait: float | None = None
    ) -> AsyncIterator[TransactionSession]:
        """Open a writing transaction; commit at the end of the block, roll back on any exception.

        `lock_wait` is how many seconds it waits for what others hold locked: on PostgreSQL for each
        row, on SQLite for its turn to write; by default 4 and 5.

        Raises `Unavailable` when the database is out of reach or a lock is not had in time,
        `CommitFailed` when the commit failed.
        """
        impatient = lock_wait is not None
        session = TransactionSession(self.writer, self.subscribers, impatient=impatient)
        with outages_as_unavailable():
            async with self._turn(lock_wait) as wait, session:
                await self._connect(session, wait)
                yield session
                await session.complete()
                await _commit(session)
        self.touched(session.touched)
        await session.tell(self._after_commit)
        if session.enqueued:
            await self.wakeups.ring()

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[SnapshotSession]:
        """Open a read-only view of one moment: what is committed, however late the worker is."""
        with outages_as_unavailable():
            async with self._snapshots.open() as session:
                yield session

    async def ask(self, read: Read, **parameters: Any) -> list[AnyRow]:
        """Return the rows of one lean SELECT: a snapshot for it alone, at a third of its price.

        Raises `Unavailable`, and `KeyError` for a parameter that is missing.
        """
        with outages_as_unavailable():
            return await self._snapshots.ask(read, parameters)

    async def run(
        self,
        work: Callable[[TransactionSession], Awaitable[T]],
        *,
        lock_wait: float | None = None,
    ) -> T:
        """Run `work` in a transaction, again (from its beginning) when a race rolled it back.

        `lock_wait` and what is raised are those of `transaction`.
        """
        for attempt in range(1, ATTEMPTS + 1):
            try:
                async with self.transaction(lock_wait=lock_wait) as session:
                    return await work(session)
            except Exception as error:
                if attempt == ATTEMPTS or not _may_run_again(error):
                    raise
                await asyncio.sleep(random.uniform(0, 0.02 * attempt))
        raise AssertionError("unreachable")

    async def ping(self) -> None:
        """Raise `Unavailable` unless the database answers."""
        async with self.snapshot() as session:
            await session.execute(text("SELECT 1"))

    @property
    def era(self) -> int:
        """A number that changes whenever a connection for reads is made.

        What was said of a moment in another era may have been said of another database.
        """
        return self._snapshots.era

    @property
    def in_use(self) -> int:
        """How many connections are in a transaction or a snapshot now."""
        pools: set[Any] = {self.writer.pool, self.reader.pool}
        taken: int = sum(pool.checkedout() for pool in pools)
        return taken - self._snapshots.idle - self.kept

    async def close(self) -> None:
        """Close all connections."""
        await self._snapshots.close()
        await self.writer.dispose()
        await self.reader.dispose()

    @asynccontextmanager
    async def _turn(self, lock_wait: float | None) -> AsyncIterator[float | None]:
        """Wait for this process's turn to write; give what is left of the wait for the others'."""
        if self._writing is None:
            yield lock_wait
            return
        began = monotonic()
        try:
            async with asyncio.timeout(SQLITE_WRITER_WAIT if lock_wait is None else lock_wait):
                await self._writing.acquire()
        except TimeoutError as error:
            raise Unavailable("Other changes take too long.") from error
        try:
            yield lock_wait and max(lock_wait - (monotonic() - began), 0)
        finally:
            self._writing.release()

    async def _connect(self, session: TransactionSession, lock_wait: float | None) -> None:
        options = {} if lock_wait is None else {LOCK_WAIT: lock_wait}
        with outages_as_unavailable(connecting=True):
            raw = await session.run_sync(_connected, options)
            if self.dialect == "postgresql":
                session.use(Driver(raw, self.heard))

    async def _after_commit(self, subscriber: Subscriber, event: Event) -> None:
        # The commit stands whatever a hint does: a failing one is logged, never raised.
        try:
            await subscriber.handler(self.owner, event)
        except Exception:
            log.exception("hint_failed", subscriber=subscriber.key, event_name=event.event_name)


def _snapshots(engine: AsyncEngine, size: int, heard: list[Hear]) -> Snapshots:
    if engine.dialect.name == "sqlite":
        return SqliteSnapshots(engine)
    return PostgresSnapshots(engine, size, heard)


def _connected(session: Session, options: Mapping[str, Any]) -> Any:
    """Connect a session; return the driver's connection."""
    return session.connection(execution_options=options).connection.driver_connection


async def _commit(session: TransactionSession) -> None:
    try:
        await session.commit()
    except Exception as error:
        if classify(error) is Fault.GONE:
            # The connection died between COMMIT and its answer: both outcomes are possible, so
            # running the work again could do it twice.
            raise CommitFailed from error
        raise


def _may_run_again(error: BaseException) -> bool:
    if isinstance(error, CommitFailed):
        return False
    cause = error.__cause__ if isinstance(error, Unavailable) else error
    return cause is not None and classify(cause) in (Fault.RETRY, Fault.GONE)

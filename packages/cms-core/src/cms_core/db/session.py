"""The two kinds of session: one that changes things and tells of it, one that only reads."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Iterable, KeysView, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar, cast

from sqlalchemy import event as sqlalchemy_event
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession
from sqlalchemy.orm import Session, SessionTransaction

from cms_core.db.clock import read_clock
from cms_core.db.faults import DRIVER_ERRORS, concerns_transaction, is_lock_timeout, wrapped
from cms_core.db.generations import renew
from cms_core.db.outbox import enqueue
from cms_core.db.parts import PartsInUse
from cms_core.db.reads import AnyRow, Driver, Prepared, Read, Write, arguments
from cms_core.events import Event, Moment, Subscribers

K = TypeVar("K", bound=Hashable)

#: More rounds of events causing events than any sane set of plugins needs.
MAX_EVENTS = 10_000


class SnapshotSession(AsyncSession):
    """A read-only view of one moment of the database; it can't emit and can't write.

    `scopes` are what the answer made from it was read from: while their generations stay, so does
    the answer. Without any, it is not cached.
    """

    def __init__(self, bind: AsyncEngine | AsyncConnection, driver: Driver | None = None) -> None:
        super().__init__(bind, expire_on_commit=False, autoflush=False)
        #: The driver's own connection, where lean reads run on it.
        self._driver = driver
        self.begin_collecting()

    def begin_collecting(self) -> None:
        """Note from now on what the answer is made from; part of making a session."""
        self._scopes: dict[str, None] = {}
        #: What readings keep of things that many answers show; None where nothing is kept.
        self._parts: PartsInUse | None = None
        #: Whether `cms.reading` made sure that everything due by its clock had happened. If not, an
        #: answer made from it must not be stored.
        self.caught_up = False

    async def fetch(self, read: Read, **parameters: Any) -> list[AnyRow]:
        """Run a lean read in this moment and return its rows; no entity is made, nothing compiled.

        Raises `KeyError` for a parameter that is missing.
        """
        if self._driver is None:
            result = await self.execute(read.statement, parameters)
            return [read.row(row) for row in result]
        prepared = read.prepared(self.get_bind().dialect)
        records = await self._driver.fetch(prepared.sql, *arguments(prepared, parameters))
        return read.rows(prepared, records)

    def use(self, parts: PartsInUse) -> None:
        """Let parts of answers be recalled and remembered; done by whoever settles them."""
        self._parts = parts

    @property
    def parts(self) -> PartsInUse | None:
        """What is kept of things that many answers show; None where nothing is."""
        return self._parts

    @property
    def scopes(self) -> KeysView[str]:
        """The scopes that were declared, in their order."""
        return self._scopes.keys()

    def depends_on(self, *scopes: str) -> None:
        """Declare scopes that the answer was read from: the counterpart of `touch`.

        First the one that the answer is about.
        """
        self._scopes.update(dict.fromkeys(scopes))

    async def now(self) -> datetime:
        """Return the database's present moment (UTC)."""
        return await read_clock(self)


async def fetch(session: AsyncSession, read: Read, **parameters: Any) -> list[AnyRow]:
    """Run a `Read` in whatever session there is, and return its rows.

    In ours it runs on the driver itself; no entity is made, nothing compiled anew. Raises
    `KeyError` for a parameter that is missing.
    """
    if isinstance(session, SnapshotSession | TransactionSession):
        return await session.fetch(read, **parameters)
    return [read.row(row) for row in await session.execute(read.statement, parameters)]


def recall(session: AsyncSession, kind: Hashable, keys: Iterable[K]) -> dict[K, Any]:
    """Return those parts of answers that were remembered under these keys.

    They are what would be read in the session's moment: if not, the answer is made again without
    them.
    """
    parts = session.parts if isinstance(session, SnapshotSession) else None
    return {} if parts is None else cast(dict[K, Any], parts.take(kind, keys))


def remember(session: AsyncSession, kind: Hashable, values: Mapping[K, Any], *scopes: str) -> None:
    """Let parts of answers, such as names, be recalled as long as these scopes do not change.

    The values were read in this session; nobody may change them from now on.
    """
    if isinstance(session, SnapshotSession) and session.parts is not None:
        session.parts.bring(kind, values, scopes)


class TransactionSession(AsyncSession):
    """An `AsyncSession` in a writing transaction that also collects events and touched scopes.

    Only the edge that opened it commits; a service may `flush()`.
    """

    def __init__(
        self, engine: AsyncEngine, subscribers: Subscribers, *, impatient: bool = False
    ) -> None:
        super().__init__(
            engine, expire_on_commit=False, autoflush=False, sync_session_class=_Collecting
        )
        cast("_Collecting", self.sync_session).owner = self
        self._driver: Driver | None = None
        self._subscribers = subscribers
        #: Whether it shall end at the first lock that it does not get in time.
        self._impatient = impatient
        self._pending: list[Event] = []
        self._told: list[Event] = []
        self._scopes: list[str] = []
        self._now: datetime | None = None
        #: Whether the transaction wrote to the outbox.
        self.enqueued = False
        #: What had been collected when each savepoint was set.
        self._marks: dict[SessionTransaction, _Mark] = {}

    def use(self, driver: Driver) -> None:
        """Let lean statements run on the driver; done by whoever connects the session."""
        self._driver = driver

    async def fetch(self, read: Read, **parameters: Any) -> list[AnyRow]:
        """Run a lean statement and return its rows; no entity is made, nothing compiled.

        Raises `KeyError` for a parameter that is missing.
        """
        driver = self._lean()
        if driver is None:
            result = await self.execute(read.statement, parameters)
            return [read.row(row) for row in result]
        prepared = read.prepared(self.get_bind().dialect)
        return read.rows(prepared, await self._run(driver, prepared, [parameters]))

    async def write(self, write: Write, *rows: Mapping[str, Any]) -> None:
        """Run a lean change for each of these rows of parameters; for none, there is nothing to do.

        Raises `KeyError` for a parameter that is missing.
        """
        if not rows:
            return
        driver = self._lean()
        if driver is None:
            await self.execute(write.statement, rows)
        else:
            await self._run(driver, write.prepared(self.get_bind().dialect), rows)

    def _lean(self) -> Driver | None:
        # SQLAlchemy begins a transaction or savepoint with the first statement that it runs there.
        # Savepoints are left to it altogether: they are few.
        begun = self._driver is not None and self._driver.in_transaction
        return self._driver if begun and not self.in_nested_transaction() else None

    async def _run(
        self, driver: Driver, prepared: Prepared, rows: Sequence[Mapping[str, Any]]
    ) -> Sequence[Sequence[Any]]:
        try:
            return await driver.run(prepared.sql, [arguments(prepared, row) for row in rows])
        except DRIVER_ERRORS as error:
            told = wrapped(error, prepared.sql)
            if told.connection_invalidated:
                await (await self.connection()).invalidate()
            raise told from error
        except asyncio.CancelledError:
            # As SQLAlchemy does: nobody waits for what the statement has left on the connection.
            await (await self.connection()).invalidate()
            raise

    def emit(self, event: Event) -> None:
        """Announce a fact; a rollback, of a savepoint too, takes it back."""
        self._pending.append(event)

    def touch(self, *scopes: str) -> None:
        """Renew the generations of these scopes at the end: published content changed there.

        The caller holds the rows that the scopes stand for locked.
        """
        self._scopes.extend(scopes)

    @property
    def touched(self) -> frozenset[str]:
        """The scopes that were touched so far."""
        return frozenset(self._scopes)

    async def now(self) -> datetime:
        """Return the database's moment (UTC), read once per transaction."""
        if self._now is None:
            lean = self._driver is not None  # it mostly begins the transaction: see `_read_moment`
            self._now = await (self.run_sync(_read_moment) if lean else read_clock(self))
        return self._now

    async def settle(self) -> None:
        """Flush, let `before_commit` subscribers take part, and write the outbox, so far.

        Subscribers may emit further events. In a savepoint, its rollback takes all of this back.
        Raises what a subscriber raises.
        """
        await self.flush()
        while self._pending:
            told = [await self._tell_before_commit() for _ in range(len(self._pending))]
            later = ((event, self._subscribers.of(event, Moment.EVENTUALLY)) for event in told)
            self.enqueued |= await enqueue(self, later)

    async def attempt(self, work: Callable[[], Awaitable[None]]) -> Exception | None:
        """Do `work` and settle it in a savepoint; return why it failed, all of it taken back.

        Raises what concerns the whole transaction: lost connections, races, a full disk, and where
        a `lock_wait` was asked for, locks that were not had in time.
        """
        try:
            async with self.begin_nested():
                await work()
                await self.settle()
        except Exception as error:
            if concerns_transaction(error) or (self._impatient and is_lock_timeout(error)):
                raise
            return error
        return None

    async def complete(self) -> None:
        """Settle, and renew the generations of the touched scopes, right before the commit."""
        await self.settle()
        await renew(self, self._scopes)

    async def _tell_before_commit(self) -> Event:
        event = self._pending.pop(0)
        self._told.append(event)
        if len(self._told) > MAX_EVENTS:
            raise RuntimeError(f"events cause events without end: {event.event_name}")
        for subscriber in self._subscribers.of(event, Moment.BEFORE_COMMIT):
            await subscriber.handler(self, event)
            # Who is told next finds in the tables what this one has changed.
            await self.flush()
        return event

    async def tell(self, deliver: Callable[[Any, Event], Awaitable[None]]) -> None:
        """Hand each `after_commit` subscriber its event, in the order of emission."""
        for event in self._told:
            for subscriber in self._subscribers.of(event, Moment.AFTER_COMMIT):
                await deliver(subscriber, event)


def _read_moment(session: Session) -> datetime:
    """Read PostgreSQL's clock through SQLAlchemy, which begins transactions; with little of it."""
    moments = session.connection().exec_driver_sql("SELECT statement_timestamp()").scalars()
    now: datetime = moments.one()
    return now


@dataclass(frozen=True, slots=True)
class _Mark:
    """What a session had collected when a savepoint was set."""

    pending: tuple[Event, ...]
    told: int
    scopes: int
    enqueued: bool


class _Collecting(Session):
    """The session behind a `TransactionSession`: tells that one of its savepoints."""

    owner: TransactionSession


@sqlalchemy_event.listens_for(_Collecting, "after_transaction_create")
def _remember(sync: _Collecting, transaction: SessionTransaction) -> None:
    if transaction.nested:
        session = sync.owner
        session._marks[transaction] = _Mark(
            tuple(session._pending), len(session._told), len(session._scopes), session.enqueued
        )


@sqlalchemy_event.listens_for(_Collecting, "after_soft_rollback")
def _forget(sync: _Collecting, transaction: SessionTransaction) -> None:
    """Restore what was collected before a savepoint when the savepoint is rolled back."""
    session = sync.owner
    mark = session._marks.get(transaction)
    if mark is not None:
        # Settling in the savepoint may have told what was emitted before it.
        session._pending[:] = mark.pending
        del session._told[mark.told :]
        del session._scopes[mark.scopes :]
        session.enqueued = mark.enqueued

"""Delivery of the outbox: at least once, in order per subscriber and aggregate.

Of each queue (one subscriber, one aggregate) only the oldest row, its head, is ever tried. Taking
it moves its `due_at` on by the lease: if this worker dies, the row comes due again for another.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

import structlog
from sqlalchemy import (
    BindParameter,
    ColumnElement,
    and_,
    bindparam,
    delete,
    exists,
    func,
    select,
    update,
)
from sqlalchemy.orm import aliased

from cms_core.db.clock import db_now
from cms_core.db.outbox import OutboxRow
from cms_core.db.session import TransactionSession
from cms_core.errors import reason_of
from cms_core.events import Delivery, Subscriber, from_plain
from cms_core.jobs import Job

if TYPE_CHECKING:
    from cms_core.app import CMS

log = structlog.get_logger(__name__)

KEY = "core:outbox"


@dataclass(frozen=True, slots=True)
class Policy:
    """How hard deliveries are tried."""

    #: Seconds that a handler may take; less than the lease, so that it never runs twice at once.
    timeout: float = 30.0
    lease: timedelta = timedelta(seconds=60)
    #: Failures until a row is parked.
    attempts: int = 15
    #: The pause after the first failure; doubled by each further one, up to `longest_pause`.
    first_pause: timedelta = timedelta(seconds=1)
    longest_pause: timedelta = timedelta(hours=1)
    #: Deliveries of one subscriber that may run at once.
    at_once: int = 4
    #: Seconds that running deliveries get to finish when the worker is asked to stop.
    grace: float = 4.0

    def pause(self, attempts: int) -> timedelta:
        """How long to wait after so many attempts: jittered, so that failures do not march."""
        longest = min(self.first_pause * 2.0 ** (attempts - 1), self.longest_pause)
        return longest * random.uniform(0.5, 1.0)


def outbox_job(cms: CMS, policy: Policy = Policy()) -> Job:
    """Return the job that delivers what is due in the outbox."""

    async def run(cms: CMS) -> bool:
        await _Deliveries(cms, policy).run()
        return False

    due = select(func.min(OutboxRow.due_at)).where(_is_head(cms))
    return Job(KEY, run, every=timedelta(minutes=10), next_due=due)


async def replay(
    session: TransactionSession, *, subscriber: str | None = None, event_id: UUID | None = None
) -> int:
    """Make parked rows due again (of that subscriber, of that event) and return how many."""
    parked = update(OutboxRow).where(OutboxRow.due_at.is_(None))
    if subscriber is not None:
        parked = parked.where(OutboxRow.subscriber == subscriber)
    if event_id is not None:
        parked = parked.where(OutboxRow.event_id == event_id)
    rows = await session.execute(parked.values(due_at=db_now(), attempts=0).returning(OutboxRow.id))
    return len(rows.all())


class _Deliveries:
    """One run of the job: delivers until nothing is due and nothing is running."""

    def __init__(self, cms: CMS, policy: Policy) -> None:
        self._cms = cms
        self._policy = policy
        #: Named after their subscribers.
        self._running: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        try:
            while await self._start_due():
                # A second at most: others' deliveries do not wait for one that hangs.
                done, self._running = await asyncio.wait(
                    self._running, timeout=1.0, return_when=asyncio.FIRST_COMPLETED
                )
                for task in done:
                    task.result()
        finally:
            await self._finish()

    async def _start_due(self) -> bool:
        """Start what is due as far as its subscriber has room; tell whether anything runs."""
        busy = Counter(task.get_name() for task in self._running)
        for key in await self._due_subscribers():
            if (room := self._policy.at_once - busy[key]) > 0:
                for row in await self._cms.db.run(partial(self._take, key=key, room=room)):
                    task = asyncio.create_task(self._deliver(row), name=key)
                    self._running.add(task)
        return bool(self._running)

    async def _due_subscribers(self) -> list[str]:
        due = select(OutboxRow.subscriber).where(_is_head(self._cms), _is_due()).distinct()
        async with self._cms.db.snapshot() as session:
            return list(await session.scalars(due))

    async def _take(self, session: TransactionSession, key: str, room: int) -> list[OutboxRow]:
        heads = (
            select(OutboxRow)
            .where(_is_head(self._cms), _is_due(), OutboxRow.subscriber == key)
            .order_by(OutboxRow.due_at, OutboxRow.id)
            .limit(room)
            .with_for_update(skip_locked=True, of=OutboxRow)
        )
        rows = list(await session.scalars(heads))
        lease_end = await session.now() + self._policy.lease
        for row in rows:
            row.attempts += 1
            row.due_at = lease_end
        return rows

    async def _deliver(self, row: OutboxRow) -> None:
        subscriber = self._cms.db.subscribers.eventual(row.subscriber)
        assert subscriber is not None
        try:
            await self._tell(subscriber, row)
        except Exception as error:
            await self._postpone(row, error)
        else:
            await self._settle(row, delete(OutboxRow))

    async def _tell(self, subscriber: Subscriber, row: OutboxRow) -> None:
        """Call the handler, outside any transaction."""
        if row.attempts > self._policy.attempts:
            raise AttemptsExhausted
        event = from_plain(subscriber.event, row.payload)
        async with asyncio.timeout(self._policy.timeout):
            await subscriber.handler(self._cms, event, Delivery(row.event_id, row.attempts))

    async def _postpone(self, row: OutboxRow, error: Exception) -> None:
        parked = row.attempts >= self._policy.attempts
        log.warning(
            "delivery_failed",
            subscriber=row.subscriber,
            event_name=row.event,
            event_id=str(row.event_id),
            attempt=row.attempts,
            parked=parked,
            exc_info=error,
        )
        values: dict[str, Any] = {"last_error": reason_of(error), "due_at": None}
        if not parked:
            async with self._cms.db.snapshot() as session:
                values["due_at"] = await session.now() + self._policy.pause(row.attempts)
        await self._settle(row, update(OutboxRow).values(values))

    async def _settle(self, row: OutboxRow, statement: Any) -> None:
        """Delete or change the row, unless its lease ran out and another worker has taken it."""
        mine = and_(
            OutboxRow.id == row.id,
            # SQLite uses the id of a deleted row again.
            OutboxRow.event_id == row.event_id,
            OutboxRow.attempts == row.attempts,
        )
        await self._cms.db.run(lambda session: session.execute(statement.where(mine)))

    async def _finish(self) -> None:
        """Let running deliveries come to their end, then stop those that do not."""
        if not self._running:
            return
        _, late = await asyncio.wait(self._running, timeout=self._policy.grace)
        for task in late:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)


class AttemptsExhausted(Exception):
    """Workers died during the attempts: none of them had a result."""

    def __init__(self) -> None:
        super().__init__(self.__doc__)


def _is_due() -> ColumnElement[bool]:
    return OutboxRow.due_at <= db_now()


def _is_head(cms: CMS) -> ColumnElement[bool]:
    """The oldest row of each queue whose subscriber is installed; the others wait untouched."""
    earlier = aliased(OutboxRow)
    # Looked up when the statement runs: while a CMS is built, not all subscribers are known yet.
    installed: BindParameter[str] = bindparam(
        None, callable_=lambda: cms.db.subscribers.eventual_keys, expanding=True
    )
    return and_(
        OutboxRow.subscriber.in_(installed),
        ~exists().where(
            earlier.subscriber == OutboxRow.subscriber,
            earlier.aggregate == OutboxRow.aggregate,
            earlier.id < OutboxRow.id,
        ),
    )

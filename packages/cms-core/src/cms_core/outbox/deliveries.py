"""The jobs that deliver: each hands one subscriber its events, several at once.

Taking a row moves its `due_at` on by the lease, which is renewed while the handler runs: if this
worker dies, the row soon comes due again for another one. Handlers run outside any transaction.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from cms_core.db.outbox import OutboxRow
from cms_core.db.session import TransactionSession
from cms_core.events import Delivery, Moment, Subscriber, from_plain
from cms_core.jobs import Job
from cms_core.outbox import queue
from cms_core.outbox.policy import Policy

if TYPE_CHECKING:
    from cms_core.app import CMS

log = structlog.get_logger(__name__)

#: Before the subscriber's key: the key of its job.
KEY = "core:outbox:"
POLICY = Policy()
#: Seconds after which new rows are looked for while deliveries are still running.
LOOK = 1.0
#: Parts of a lease: when it is renewed, and when handlers whose lease can't be renewed are stopped,
#: so that none still runs here when another worker begins.
RENEWED_AFTER = 0.3
STOPPED_AFTER = 0.8


class AttemptsExhausted(Exception):
    """Workers died during the attempts: none of them had a result."""

    def __init__(self) -> None:
        super().__init__(self.__doc__)


@dataclass(frozen=True, slots=True)
class _Outcome:
    row: OutboxRow
    error: BaseException | None


def outbox_jobs(subscribers: Sequence[Subscriber], policy: Policy = POLICY) -> list[Job]:
    """Return a job per outbox subscriber: one that hangs or fails holds up no other."""
    return [_job(each, policy) for each in subscribers if each.moment is Moment.EVENTUALLY]


def _job(subscriber: Subscriber, policy: Policy) -> Job:
    async def run(cms: CMS) -> bool:
        await _Deliveries(cms, subscriber, policy).run()
        return False

    return Job(
        KEY + subscriber.key,
        run,
        every=timedelta(minutes=10),
        next_due=queue.next_due(subscriber.key),
        backlog=queue.backlog(subscriber.key),
    )


class _Deliveries:
    """One run of a job: delivers until nothing is due and nothing is running."""

    def __init__(self, cms: CMS, subscriber: Subscriber, policy: Policy) -> None:
        self._cms = cms
        self._subscriber = subscriber
        self._policy = policy
        self._running: dict[asyncio.Task[BaseException | None], OutboxRow] = {}
        #: What has ended and is not settled yet.
        self._outcomes: list[_Outcome] = []
        #: When the oldest lease of what is running began, on the loop's clock.
        self._leased_at = 0.0

    async def run(self) -> None:
        look = min(LOOK, self._policy.lease.total_seconds() * RENEWED_AFTER)
        try:
            while True:
                await self._exchange()
                if not self._running:
                    return
                await self._wait(look, asyncio.FIRST_COMPLETED)
        finally:
            await self._finish()

    async def _exchange(self) -> None:
        """Settle what is done and start what is due, in one transaction; renew the lease in time.

        Raises `TimeoutError` when that takes longer than the lease lasts.
        """
        lease, room = self._policy.lease, self._policy.at_once - len(self._running)
        renews = bool(self._running) and self._age > lease.total_seconds() * RENEWED_AFTER

        async def exchange(session: TransactionSession) -> tuple[float, set[int], list[OutboxRow]]:
            began = _clock()
            await self._settle(session)
            running = list(self._running.values())
            lost = await queue.renew(session, running, lease) if renews else set()
            return began, lost, await queue.take(session, self._subscriber.key, room, lease)

        async with asyncio.timeout(self._left if self._running else None):
            began, lost, taken = await self._cms.db.run(exchange)
        self._outcomes.clear()
        if renews or not self._running:
            self._leased_at = began
        for task in [task for task, row in self._running.items() if row.id in lost]:
            task.cancel()
        for row in taken:
            self._running[asyncio.create_task(self._tell(row))] = row

    @property
    def _age(self) -> float:
        """Seconds since the lease began."""
        return _clock() - self._leased_at

    @property
    def _left(self) -> float:
        """Seconds until handlers must be stopped, unless the lease is renewed."""
        return max(0.0, self._policy.lease.total_seconds() * STOPPED_AFTER - self._age)

    async def _wait(self, seconds: float, return_when: str) -> None:
        done, _ = await asyncio.wait(self._running, timeout=seconds, return_when=return_when)
        for task in done:
            # A handler may let a cancellation escape that was not meant for it: it has failed.
            error = asyncio.CancelledError() if task.cancelled() else task.result()
            self._outcomes.append(_Outcome(self._running.pop(task), error))

    async def _tell(self, row: OutboxRow) -> BaseException | None:
        """Call the handler; return what it raised."""
        try:
            if row.attempts > self._policy.attempts:
                raise AttemptsExhausted
            event = from_plain(self._subscriber.event, row.payload)
            async with asyncio.timeout(self._policy.timeout):
                delivery = Delivery(row.event_id, row.attempts)
                await self._subscriber.handler(self._cms, event, delivery)
        except Exception as error:
            return error
        return None

    async def _settle(self, session: TransactionSession) -> None:
        for outcome in self._outcomes:
            if outcome.error is None:
                await queue.remove(session, outcome.row)
            else:
                await self._postpone(session, outcome.row, outcome.error)

    async def _postpone(
        self, session: TransactionSession, row: OutboxRow, error: BaseException
    ) -> None:
        pause = self._policy.pause(row.attempts)
        log.warning(
            "delivery_failed",
            subscriber=row.subscriber,
            event_name=row.event,
            event_id=str(row.event_id),
            attempt=row.attempts,
            parked=pause is None,
            exc_info=error,
        )
        await queue.postpone(session, row, error, pause)

    async def _finish(self) -> None:
        """Let running deliveries come to their end, then stop those that do not."""
        if self._running:
            await self._wait(min(self._policy.grace, self._left), asyncio.ALL_COMPLETED)
        for task in self._running:
            task.cancel()
        if self._running:
            await asyncio.wait(self._running)
        if self._outcomes:
            await self._cms.db.run(self._settle)


def _clock() -> float:
    return asyncio.get_running_loop().time()

"""The jobs that deliver: each hands one subscriber its events, several at once.

Taking a row moves its `due_at` on by the lease: if this worker dies, the row comes due again for
another one. Handlers run outside any transaction.
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

    due = queue.next_due(subscriber.key)
    return Job(KEY + subscriber.key, run, every=timedelta(minutes=10), next_due=due)


class _Deliveries:
    """One run of a job: delivers until nothing is due and nothing is running."""

    def __init__(self, cms: CMS, subscriber: Subscriber, policy: Policy) -> None:
        self._cms = cms
        self._subscriber = subscriber
        self._policy = policy
        self._running: dict[asyncio.Task[BaseException | None], OutboxRow] = {}

    async def run(self) -> None:
        outcomes: list[_Outcome] = []
        try:
            while True:
                await self._exchange(outcomes)
                if not self._running:
                    return
                outcomes = await self._wait(LOOK, asyncio.FIRST_COMPLETED)
        finally:
            await self._finish()

    async def _exchange(self, outcomes: Sequence[_Outcome]) -> None:
        """Settle what is done and start what is due, in one transaction."""
        room = self._policy.at_once - len(self._running)

        async def exchange(session: TransactionSession) -> list[OutboxRow]:
            await self._settle(session, outcomes)
            return await queue.take(session, self._subscriber.key, room, self._policy.lease)

        for row in await self._cms.db.run(exchange):
            self._running[asyncio.create_task(self._tell(row))] = row

    async def _wait(self, seconds: float, return_when: str) -> list[_Outcome]:
        done, _ = await asyncio.wait(self._running, timeout=seconds, return_when=return_when)
        # A handler may let a cancellation escape that was not meant for it: a failure like others.
        return [
            _Outcome(
                self._running.pop(task),
                asyncio.CancelledError() if task.cancelled() else task.result(),
            )
            for task in done
        ]

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

    async def _settle(self, session: TransactionSession, outcomes: Sequence[_Outcome]) -> None:
        for outcome in outcomes:
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
        if not self._running:
            return
        outcomes = await self._wait(self._policy.grace, asyncio.ALL_COMPLETED)
        for task in self._running:
            task.cancel()
        if self._running:
            await asyncio.wait(self._running)
        await self._cms.db.run(lambda session: self._settle(session, outcomes))

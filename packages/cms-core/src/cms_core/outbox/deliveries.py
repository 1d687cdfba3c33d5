"""The job that delivers: hands events to their subscribers, several at once.

Taking a row moves its `due_at` on by the lease: if this worker dies, the row comes due again for
another one. Handlers run outside any transaction.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import structlog

from cms_core.db.outbox import OutboxRow
from cms_core.events import Delivery, from_plain
from cms_core.jobs import Job
from cms_core.outbox import queue
from cms_core.outbox.policy import Policy

if TYPE_CHECKING:
    from cms_core.app import CMS

log = structlog.get_logger(__name__)

KEY = "core:outbox"
POLICY = Policy()


class AttemptsExhausted(Exception):
    """Workers died during the attempts: none of them had a result."""

    def __init__(self) -> None:
        super().__init__(self.__doc__)


def outbox_job(cms: CMS, policy: Policy = POLICY) -> Job:
    """Return the job that delivers what is due in the outbox."""

    async def run(cms: CMS) -> bool:
        await _Deliveries(cms, policy).run()
        return False

    return Job(KEY, run, every=timedelta(minutes=10), next_due=queue.next_due(cms))


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
        async with self._cms.db.snapshot() as session:
            due = list(await session.scalars(queue.due_subscribers(self._cms)))
        for subscriber in due:
            if (room := self._policy.at_once - busy[subscriber]) > 0:
                await self._start(subscriber, room)
        return bool(self._running)

    async def _start(self, subscriber: str, room: int) -> None:
        take = partial(
            queue.take,
            cms=self._cms,
            subscriber=subscriber,
            limit=room,
            lease=self._policy.lease,
        )
        for row in await self._cms.db.run(take):
            self._running.add(asyncio.create_task(self._deliver(row), name=subscriber))

    async def _deliver(self, row: OutboxRow) -> None:
        try:
            await self._tell(row)
        except Exception as error:
            await self._postpone(row, error)
        else:
            await self._cms.db.run(partial(queue.remove, row=row))

    async def _tell(self, row: OutboxRow) -> None:
        if row.attempts > self._policy.attempts:
            raise AttemptsExhausted
        subscriber = self._cms.db.subscribers.eventual(row.subscriber)
        assert subscriber is not None
        event = from_plain(subscriber.event, row.payload)
        async with asyncio.timeout(self._policy.timeout):
            await subscriber.handler(self._cms, event, Delivery(row.event_id, row.attempts))

    async def _postpone(self, row: OutboxRow, error: Exception) -> None:
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
        await self._cms.db.run(partial(queue.postpone, row=row, error=error, pause=pause))

    async def _finish(self) -> None:
        """Let running deliveries come to their end, then stop those that do not."""
        if not self._running:
            return
        _, late = await asyncio.wait(self._running, timeout=self._policy.grace)
        for task in late:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

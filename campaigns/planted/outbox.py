"""Ways to write the outbox wrongly."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from cms_core import Event, Subscriber
from cms_core.db.outbox import enqueue
from cms_core.db.session import TransactionSession
from cms_core.events import Moment

#: Kept, or the loop would drop them.
_tasks: set[asyncio.Task[None]] = set()


def emit_aside(original: Callable[[TransactionSession, Event], None]) -> Any:
    """The outbox is written as soon as something is announced, whatever becomes of it."""

    def emit(self: TransactionSession, event: Event) -> None:
        original(self, event)
        later = self._subscribers.of(event, Moment.EVENTUALLY)
        engine = self.bind
        assert isinstance(engine, AsyncEngine)
        task = asyncio.create_task(_write(engine, event, later))
        _tasks.add(task)
        task.add_done_callback(_tasks.discard)

    return emit


def enqueue_nothing(original: object) -> Any:
    """The transaction itself writes nothing."""

    async def nothing(
        session: AsyncSession, event: Event, subscribers: Sequence[Subscriber]
    ) -> None: ...

    return nothing


async def _write(engine: AsyncEngine, event: Event, later: Sequence[Subscriber]) -> None:
    async with AsyncSession(engine) as session, session.begin():
        await enqueue(session, event, later)

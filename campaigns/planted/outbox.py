"""Ways to write the outbox wrongly."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from cms_core import Event, Subscriber
from cms_core.db.outbox import enqueue
from cms_core.db.session import TransactionSession
from cms_core.events import Moment, Subscribers

Later = list[tuple[Event, Sequence[Subscriber]]]

#: Seconds before and inside the second of two commits that should be one: what is rare on a quiet
#: machine is to happen, and who waits for an open transaction to kill is to find this one.
BETWEEN = 0.05

#: Kept, or the loop would drop them.
_tasks: set[asyncio.Task[None]] = set()
_postponed: WeakKeyDictionary[AsyncSession, Later] = WeakKeyDictionary()


def emit_aside(original: Callable[[TransactionSession, Event], None]) -> Any:
    """The outbox is written as soon as something is announced, whatever becomes of it."""

    def emit(self: TransactionSession, event: Event) -> None:
        original(self, event)
        later: Later = [(event, self._subscribers.of(event, Moment.EVENTUALLY))]
        task = asyncio.create_task(_write(self, later))
        _tasks.add(task)
        task.add_done_callback(_tasks.discard)

    return emit


def enqueue_nothing(original: object) -> Any:
    """The transaction itself writes nothing."""

    async def nothing(session: AsyncSession, events: Iterable[Any]) -> bool:
        return False

    return nothing


def enqueue_later(original: object) -> Any:
    """The transaction keeps in mind what belongs into the outbox."""

    async def keep(
        session: AsyncSession, events: Iterable[tuple[Event, Sequence[Subscriber]]]
    ) -> bool:
        _postponed.setdefault(session, []).extend(events)
        return True

    return keep


def write_then_tell(original: Callable[..., Awaitable[None]]) -> Any:
    """After the commit, a second transaction writes the outbox."""

    async def tell(self: TransactionSession, deliver: Callable[..., Awaitable[None]]) -> None:
        await asyncio.sleep(BETWEEN)
        await _write(self, _postponed.pop(self, []), lingering=BETWEEN)
        await original(self, deliver)

    return tell


async def _write(transaction: TransactionSession, later: Later, *, lingering: float = 0.0) -> None:
    engine = transaction.bind
    assert isinstance(engine, AsyncEngine)
    async with TransactionSession(engine, Subscribers()) as session, session.begin():
        await enqueue(session, later)
        await asyncio.sleep(lingering)

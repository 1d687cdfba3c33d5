"""The outbox as queues: one per subscriber and aggregate, of which only the head is ever tried."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Select,
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

if TYPE_CHECKING:
    from cms_core.app import CMS


def next_due(cms: CMS) -> Select[object]:
    """Select when the first head comes due."""
    return select(func.min(OutboxRow.due_at)).where(_is_head(cms))


def due_subscribers(cms: CMS) -> Select[str]:
    """Select the subscribers that have something to get now."""
    return select(OutboxRow.subscriber).where(_is_head(cms), _is_due()).distinct()


async def take(
    session: TransactionSession, cms: CMS, subscriber: str, limit: int, lease: timedelta
) -> list[OutboxRow]:
    """Take due heads of a subscriber for as long as the lease lasts."""
    heads = (
        select(OutboxRow)
        .where(_is_head(cms), _is_due(), OutboxRow.subscriber == subscriber)
        .order_by(OutboxRow.due_at, OutboxRow.id)
        .limit(limit)
        .with_for_update(skip_locked=True, of=OutboxRow)
    )
    rows = list(await session.scalars(heads))
    for row in rows:
        row.attempts += 1
        row.due_at = await session.now() + lease
    return rows


async def remove(session: TransactionSession, row: OutboxRow) -> None:
    """Delete a row that has been delivered."""
    await session.execute(delete(OutboxRow).where(_is_taken(row)))


async def postpone(
    session: TransactionSession, row: OutboxRow, error: Exception, pause: timedelta | None
) -> None:
    """Make a row that could not be delivered due after the pause; park it for None."""
    due_at = None if pause is None else await session.now() + pause
    values = {"due_at": due_at, "last_error": reason_of(error)}
    await session.execute(update(OutboxRow).where(_is_taken(row)).values(values))


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


def _is_taken(row: OutboxRow) -> ColumnElement[bool]:
    """The row as it was taken: not if its lease ran out and another worker has taken it."""
    return and_(
        OutboxRow.id == row.id,
        # SQLite uses the id of a deleted row again.
        OutboxRow.event_id == row.event_id,
        OutboxRow.attempts == row.attempts,
    )


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

"""The outbox as queues: one per subscriber and aggregate, of which only the head is ever tried."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, delete, func, or_, select, update
from sqlalchemy.orm import aliased

from cms_core.db.clock import db_now
from cms_core.db.outbox import OutboxRow
from cms_core.db.session import TransactionSession
from cms_core.errors import reason_of

#: Given up after too many failures. (What waits behind such a row has no `due_at` either.)
IS_PARKED = and_(OutboxRow.due_at.is_(None), OutboxRow.attempts > 0)


def next_due(subscriber: str) -> Select[datetime | None]:
    """Select when the first head of a subscriber comes due."""
    heads = select(OutboxRow.due_at).where(OutboxRow.due_at.is_not(None), _is_head_of(subscriber))
    return heads.order_by(OutboxRow.due_at).limit(1)


def backlog(subscriber: str) -> Select[Any]:
    """Select how many deliveries to a subscriber are due now, and how many are parked."""
    count = select(func.count()).where(OutboxRow.subscriber == subscriber)
    due = count.where(OutboxRow.due_at <= db_now()).scalar_subquery()
    return select(due, count.where(IS_PARKED).scalar_subquery())


async def take(
    session: TransactionSession, subscriber: str, limit: int, lease: timedelta
) -> list[OutboxRow]:
    """Take due heads of a subscriber for as long as the lease lasts."""
    heads = (
        select(OutboxRow)
        .where(OutboxRow.due_at <= db_now(), _is_head_of(subscriber))
        .order_by(OutboxRow.due_at, OutboxRow.id)
        .limit(limit)
        .with_for_update(skip_locked=True, of=OutboxRow)
    )
    rows = list(await session.scalars(heads))
    for row in rows:
        row.attempts += 1
        row.taken_at = await session.now()
        row.due_at = row.taken_at + lease
    return rows


async def renew(
    session: TransactionSession, rows: Sequence[OutboxRow], lease: timedelta
) -> set[int]:
    """Begin the lease of taken rows anew; return the ids of those that others have taken since."""
    mine = update(OutboxRow).where(or_(*(_is_taken(row) for row in rows)))
    held = mine.values(due_at=await session.now() + lease).returning(OutboxRow.id)
    return {row.id for row in rows} - set(await session.scalars(held))


async def remove(session: TransactionSession, row: OutboxRow) -> None:
    """Delete a row that has been delivered."""
    taken = delete(OutboxRow).where(_is_taken(row)).returning(OutboxRow.id)
    if (await session.execute(taken)).first() and row.attempts > 1:
        held_back = update(OutboxRow).where(_is_behind(row), OutboxRow.due_at > db_now())
        await session.execute(held_back.values(due_at=db_now()))


async def postpone(
    session: TransactionSession, row: OutboxRow, error: BaseException, pause: timedelta | None
) -> None:
    """Make a row that could not be delivered due after the pause; park it for None."""
    due_at = None if pause is None else await session.now() + pause
    taken = update(OutboxRow).where(_is_taken(row)).returning(OutboxRow.id)
    values = {"due_at": due_at, "taken_at": None, "last_error": reason_of(error)}
    if (await session.execute(taken.values(values))).first():
        # They have to wait in any case: as long as they look due, every search stumbles over them.
        too_soon = OutboxRow.due_at.is_not(None) if due_at is None else OutboxRow.due_at < due_at
        held_back = update(OutboxRow).where(_is_behind(row), too_soon)
        await session.execute(held_back.values(due_at=due_at))


def _is_taken(row: OutboxRow) -> ColumnElement[bool]:
    """The row as it was taken: not if its lease ran out and another worker has taken it."""
    return and_(
        OutboxRow.id == row.id,
        OutboxRow.attempts == row.attempts,
        OutboxRow.taken_at == row.taken_at,
    )


def _is_behind(row: OutboxRow) -> ColumnElement[bool]:
    """The rows that wait for this one."""
    return and_(
        OutboxRow.subscriber == row.subscriber,
        OutboxRow.aggregate == row.aggregate,
        OutboxRow.id > row.id,
    )


def _is_head_of(subscriber: str) -> ColumnElement[bool]:
    """The oldest row of each of the subscriber's queues."""
    mine = aliased(OutboxRow)
    # One look into the index per row, under any plan: a join over queues that are held back could
    # cost the square of their length.
    oldest = (
        select(func.min(mine.id))
        .where(mine.subscriber == OutboxRow.subscriber, mine.aggregate == OutboxRow.aggregate)
        .correlate(OutboxRow)
        .scalar_subquery()
    )
    return and_(OutboxRow.subscriber == subscriber, OutboxRow.id == oldest)

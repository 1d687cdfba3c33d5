"""What people do about deliveries that do not arrive: replay them, or give them up for good."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import exists, func, select, tuple_, update
from sqlalchemy.orm import aliased

from cms_core.db.clock import db_now
from cms_core.db.outbox import OutboxRow
from cms_core.db.session import TransactionSession
from cms_core.errors import Conflict, NotFound
from cms_core.outbox.listing import IS_RUNNING
from cms_core.outbox.queue import IS_PARKED

#: Queues that are held back in one transaction.
BATCH = 500


class DeliveryNotFound(NotFound):
    """There is no such delivery: it has arrived, or was discarded."""


class DeliveryRunning(Conflict):
    """This delivery is being tried at this moment; look again when that has ended."""


async def replay(
    session: TransactionSession,
    *,
    subscriber: str | None = None,
    event: str | None = None,
    ids: Collection[int] = (),
) -> int:
    """Make parked deliveries due at once, as if never tried, and return how many.

    All of them, or those to a subscriber, of a kind of event (by its name), with these ids.
    """
    parked = update(OutboxRow).where(IS_PARKED)
    if subscriber is not None:
        parked = parked.where(OutboxRow.subscriber == subscriber)
    if event is not None:
        parked = parked.where(OutboxRow.event == event)
    if ids:
        parked = parked.where(OutboxRow.id.in_(ids))
    rows = await session.execute(parked.values(due_at=db_now(), attempts=0).returning(OutboxRow.id))
    replayed = len(rows.all())
    await _release(session)
    return replayed


async def retry(session: TransactionSession, delivery_id: int) -> OutboxRow:
    """Make one delivery due at once, as if never tried, be it parked or resting after a failure.

    Raises `DeliveryNotFound` and `DeliveryRunning`.
    """
    row = await _lock(session, delivery_id)
    row.attempts, row.due_at, row.taken_at = 0, await session.now(), None
    await session.flush()
    await _release(session, row)
    return row


async def discard(session: TransactionSession, delivery_id: int) -> None:
    """Delete a delivery: its subscriber will never hear of the event. What waits behind it goes on.

    Raises `DeliveryNotFound` and `DeliveryRunning`.
    """
    row = await _lock(session, delivery_id)
    await session.delete(row)
    await session.flush()
    await _release(session, row)


async def hold_back(session: TransactionSession) -> bool:
    """Take the due instant from what came in behind parked deliveries; True when there is more.

    It has to wait in any case, and as long as it looks due every search stumbles over it.
    """
    behind = aliased(OutboxRow)
    in_queue = (behind.subscriber == OutboxRow.subscriber, behind.aggregate == OutboxRow.aggregate)
    heads = (
        select(OutboxRow.subscriber, OutboxRow.aggregate)
        .where(IS_PARKED, exists().where(*in_queue, behind.due_at.is_not(None)))
        .limit(BATCH)
        # Locked: replayed meanwhile, it would leave behind what nobody makes due again.
        .with_for_update(skip_locked=True, of=OutboxRow)
    )
    queues = [tuple(row) for row in await session.execute(heads)]
    queue = tuple_(OutboxRow.subscriber, OutboxRow.aggregate)
    waiting = update(OutboxRow).where(queue.in_(queues), OutboxRow.due_at.is_not(None))
    if queues:
        await session.execute(waiting.values(due_at=None))
    return len(queues) == BATCH


async def _lock(session: TransactionSession, delivery_id: int) -> OutboxRow:
    rows = select(OutboxRow, IS_RUNNING).where(OutboxRow.id == delivery_id)
    found = (await session.execute(rows.with_for_update(of=OutboxRow))).first()
    if found is None:
        raise DeliveryNotFound(
            f"No delivery has the id {delivery_id}: it arrived or was discarded."
        )
    row, is_running = found
    if is_running:
        raise DeliveryRunning(f"The delivery {delivery_id} is being tried at this moment.")
    return row


async def _release(session: TransactionSession, row: OutboxRow | None = None) -> None:
    """Make due what waits behind no parked delivery any more, and wake the workers."""
    head, oldest = aliased(OutboxRow), aliased(OutboxRow)
    in_queue = (oldest.subscriber == OutboxRow.subscriber, oldest.aggregate == OutboxRow.aggregate)
    first = select(func.min(oldest.id)).where(*in_queue).correlate(OutboxRow).scalar_subquery()
    is_held = exists().where(head.id == first, head.due_at.is_(None), head.attempts > 0)
    waiting = update(OutboxRow).where(OutboxRow.attempts == 0, ~is_held)
    if row is None:
        waiting = waiting.where(OutboxRow.due_at.is_(None))
    else:
        queue = (OutboxRow.subscriber == row.subscriber, OutboxRow.aggregate == row.aggregate)
        waiting = waiting.where(*queue)
    await session.execute(waiting.values(due_at=db_now()))
    session.enqueued = True

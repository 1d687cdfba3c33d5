"""The deliveries that wait in the outbox, as people look at them."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from sqlalchemy import Select, and_, case, select

from cms_core.db.clock import db_now
from cms_core.db.outbox import OutboxRow
from cms_core.outbox.queue import IS_PARKED

#: Being tried at this moment; a worker that died leaves it so until its lease is over.
IS_RUNNING = and_(OutboxRow.taken_at.is_not(None), OutboxRow.due_at > db_now())


#: The largest id that the databases know.
MAX_ID = 2**63 - 1


class DeliveryState(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    PARKED = "parked"


_row_state = case(
    (IS_PARKED, DeliveryState.PARKED),
    (IS_RUNNING, DeliveryState.RUNNING),
    else_=DeliveryState.WAITING,
)


def deliveries(*, subscriber: str | None = None, state: DeliveryState | None = None) -> Select[Any]:
    """Select deliveries without their payload, unordered: all, to one subscriber, in one state."""
    table = OutboxRow.__table__
    shown = [column for column in table.c if column.name not in ("payload", "taken_at")]
    statement = select(*shown, _row_state.label("state"))
    if subscriber is not None:
        statement = statement.where(OutboxRow.subscriber == subscriber)
    if state is not None:
        statement = statement.where(_row_state == state)
    return statement

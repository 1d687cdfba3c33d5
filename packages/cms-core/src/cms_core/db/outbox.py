"""The outbox table: one row per event and `eventually` subscriber, written with the change."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

from sqlalchemy import BigInteger, Identity, Index, Integer, String, Table, Text, Uuid, insert
from sqlalchemy.orm import Mapped, mapped_column

from cms_core.db.clock import db_now
from cms_core.db.reads import Write
from cms_core.db.types import Base, Instant, Json
from cms_core.events import Event, Subscriber, to_plain
from cms_core.ids import new_id

if TYPE_CHECKING:
    from cms_core.db.session import TransactionSession


class OutboxRow(Base):
    """A delivery that is waiting, being tried, or parked after too many failures."""

    __tablename__ = "outbox"
    __table_args__ = (
        # The head of each queue, in order: ids of one aggregate ascend in commit order, because
        # whoever emits for an aggregate holds its row locked.
        Index("ix_outbox_queue", "subscriber", "aggregate", "id"),
        Index("ix_outbox_due", "subscriber", "due_at", "id"),
        # An id that was told outside must never become that of another delivery.
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer(), "sqlite"), Identity(), primary_key=True
    )
    event_id: Mapped[UUID] = mapped_column(Uuid)
    event: Mapped[str] = mapped_column(String(200))
    aggregate: Mapped[str] = mapped_column(String(200))
    subscriber: Mapped[str] = mapped_column(String(200))
    payload: Mapped[dict[str, Any]] = mapped_column(Json)
    created_at: Mapped[datetime] = mapped_column(Instant)
    #: When it may be tried next; NULL while parked, and for what waits behind a parked one.
    due_at: Mapped[datetime | None] = mapped_column(Instant)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    last_error: Mapped[str | None] = mapped_column(Text)
    #: When the present attempt began; NULL between attempts.
    taken_at: Mapped[datetime | None] = mapped_column(Instant)


_INSERT = Write(
    # In line: nobody asks for the ids that the database gives.
    insert(cast(Table, OutboxRow.__table__)).inline().values(created_at=db_now(), due_at=db_now()),
    ("event_id", "event", "aggregate", "payload", "attempts", "subscriber"),
)


async def enqueue(
    session: TransactionSession, events: Iterable[tuple[Event, Sequence[Subscriber]]]
) -> bool:
    """Write one row per event and subscriber, in their order; return whether there was any.

    One statement for all: on PostgreSQL it costs one round trip, however many rows there are.
    """
    rows = [row for event, subscribers in events for row in _rows(event, subscribers)]
    await session.write(_INSERT, *rows)
    return bool(rows)


def _rows(event: Event, subscribers: Sequence[Subscriber]) -> list[dict[str, Any]]:
    if not subscribers:
        return []
    row = {
        "event_id": new_id(),
        "event": event.event_name,
        "aggregate": event.aggregate,
        "payload": to_plain(event),
        "attempts": 0,
    }
    return [{**row, "subscriber": subscriber.key} for subscriber in subscribers]

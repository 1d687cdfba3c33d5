"""Heartbeats: which workers are alive, by the database's clock."""

from __future__ import annotations

import os
import socket
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import Integer, String, Uuid, delete, func, insert, select, update
from sqlalchemy.orm import Mapped, mapped_column

from cms_core.db.clock import db_now
from cms_core.db.session import TransactionSession
from cms_core.db.types import Base, Instant
from cms_core.health import HealthCheck

if TYPE_CHECKING:
    from cms_core.app import CMS

#: Seconds between two beats.
BEAT = 15.0
MISSED_AFTER = timedelta(seconds=90)
FORGOTTEN_AFTER = timedelta(hours=1)


class WorkerHeartbeat(Base):
    """A worker process and when it was last seen."""

    __tablename__ = "worker_heartbeats"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    host: Mapped[str] = mapped_column(String(255))
    pid: Mapped[int] = mapped_column(Integer)
    started_at: Mapped[datetime] = mapped_column(Instant)
    seen_at: Mapped[datetime] = mapped_column(Instant)


async def beat(session: TransactionSession, worker: UUID) -> None:
    """Note that this worker is alive now."""
    mine = update(WorkerHeartbeat).where(WorkerHeartbeat.id == worker).values(seen_at=db_now())
    if (await session.execute(mine.returning(WorkerHeartbeat.id))).first() is None:
        host, pid = socket.gethostname()[:255], os.getpid()
        await session.execute(
            insert(WorkerHeartbeat).values(
                id=worker, host=host, pid=pid, started_at=db_now(), seen_at=db_now()
            )
        )


async def forget_workers(session: TransactionSession) -> None:
    """Delete the heartbeats of workers that are long gone."""
    stale = WorkerHeartbeat.seen_at < await session.now() - FORGOTTEN_AFTER
    await session.execute(delete(WorkerHeartbeat).where(stale))


def worker_check(cms: CMS) -> HealthCheck:
    """Without a worker nothing is delivered and nothing is pruned, but readers are served."""

    async def check() -> str | None:
        async with cms.db.snapshot() as session:
            last = select(func.max(WorkerHeartbeat.seen_at))
            seen: datetime | None = (await session.execute(last)).scalar_one()
            if seen is not None and await session.now() - seen <= MISSED_AFTER:
                return None
        return f"no worker has been seen for {MISSED_AFTER.total_seconds():.0f} s"

    return HealthCheck("worker", check)

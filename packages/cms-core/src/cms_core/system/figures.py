"""What the database knows of jobs, workers and deliveries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from cms_core.db.clock import read_clock
from cms_core.db.outbox import OutboxRow
from cms_core.worker.heartbeats import MISSED_AFTER, WorkerHeartbeat
from cms_core.worker.runs import JobRun


@dataclass(frozen=True, slots=True)
class Queue:
    """The deliveries of one subscriber."""

    subscriber: str
    waiting: int
    parked: int
    oldest_created_at: datetime


@dataclass(frozen=True, slots=True)
class WorkerSeen:
    """A worker and the seconds since it was seen."""

    id: UUID
    host: str
    pid: int
    started_at: datetime
    seen_at: datetime
    age: float

    @property
    def alive(self) -> bool:
        """Whether it has not missed several beats."""
        return self.age <= MISSED_AFTER.total_seconds()


@dataclass(frozen=True, slots=True)
class Figures:
    """One moment's view of the work behind the scenes."""

    jobs: list[JobRun]
    workers: list[WorkerSeen]
    queues: list[Queue]


async def read_figures(session: AsyncSession) -> Figures:
    """Return the figures of the session's moment."""
    return Figures(
        jobs=list(await session.scalars(select(JobRun).order_by(JobRun.key))),
        workers=await _workers(session),
        queues=await _queues(session),
    )


async def _workers(session: AsyncSession) -> list[WorkerSeen]:
    now = await read_clock(session)
    beats = await session.scalars(select(WorkerHeartbeat).order_by(WorkerHeartbeat.started_at))
    return [
        WorkerSeen(
            id=each.id,
            host=each.host,
            pid=each.pid,
            started_at=each.started_at,
            seen_at=each.seen_at,
            age=max(0.0, (now - each.seen_at).total_seconds()),
        )
        for each in beats
    ]


async def _queues(session: AsyncSession) -> list[Queue]:
    waiting = func.count(OutboxRow.due_at)  # NULL while parked
    statement = (
        select(
            OutboxRow.subscriber,
            waiting,
            func.count() - waiting,
            func.min(OutboxRow.created_at, type_=OutboxRow.created_at.type),
        )
        .group_by(OutboxRow.subscriber)
        .order_by(OutboxRow.subscriber)
    )
    return [Queue(*row) for row in await session.execute(statement)]

"""What the database knows of jobs, workers and deliveries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from cms_core.db.clock import read_clock
from cms_core.db.outbox import OutboxRow
from cms_core.outbox import IS_PARKED
from cms_core.system.backlogs import Backlog, read_backlogs
from cms_core.worker.heartbeats import MISSED_AFTER, WorkerHeartbeat
from cms_core.worker.history import PastRun
from cms_core.worker.runs import JobRun

if TYPE_CHECKING:
    from cms_core.app import CMS

#: Runs of each job that are shown.
LAST_RUNS = 10


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
    """The work behind the scenes; mappings are by the key of the job."""

    runs: Mapping[str, JobRun]
    backlogs: Mapping[str, Backlog]
    workers: list[WorkerSeen]
    queues: list[Queue]
    #: The largest lag, in seconds, of what readers should be seeing by now.
    publish_lag: float


class Outcome(StrEnum):
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    RUNNING = "running"
    #: Its worker died, or was stopped before it could finish.
    ABANDONED = "abandoned"


async def read_figures(cms: CMS) -> Figures:
    """Return the figures of this moment, whatever single jobs fail to tell of themselves.

    It reads what is committed: readers would first make happen what is overdue here.
    """
    async with cms.db.snapshot() as session:
        runs = {run.key: run for run in await session.scalars(select(JobRun))}
        workers, queues = await _workers(session), await _queues(session)
    backlogs = await read_backlogs(cms)
    lags = [backlogs[job.key].lag for job in cms.contributions.jobs if job.before_reads]
    return Figures(runs, backlogs, workers, queues, max(lags, default=0.0))


async def read_history(session: AsyncSession) -> list[PastRun]:
    """Return the last runs of every job, the latest first."""
    latest = PastRun.started_at.desc()
    rank = func.row_number().over(partition_by=PastRun.key, order_by=latest).label("rank")
    ranked = select(PastRun, rank).subquery()
    past_run = aliased(PastRun, ranked)
    last = select(past_run).where(ranked.c.rank <= LAST_RUNS).order_by(past_run.started_at.desc())
    return list(await session.scalars(last))


def outcome_of(run: PastRun, workers: list[WorkerSeen]) -> Outcome:
    """Tell how a run went; one without an end goes on as long as its worker lives."""
    if run.ended_at is not None:
        return Outcome.SUCCEEDED if run.error is None else Outcome.FAILED
    alive = any(worker.id == run.worker_id and worker.alive for worker in workers)
    return Outcome.RUNNING if alive else Outcome.ABANDONED


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
    parked = func.count().filter(IS_PARKED)
    statement = (
        select(
            OutboxRow.subscriber,
            func.count() - parked,
            parked,
            func.min(OutboxRow.created_at, type_=OutboxRow.created_at.type),
        )
        .group_by(OutboxRow.subscriber)
        .order_by(OutboxRow.subscriber)
    )
    return [Queue(*row) for row in await session.execute(statement)]

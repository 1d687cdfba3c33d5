"""When each job is due, by the database's clock, read for all jobs in one statement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import structlog
from sqlalchemy import Select, literal, null, select, type_coerce, union_all

from cms_core.db.clock import db_now
from cms_core.db.types import Instant
from cms_core.errors import Unavailable
from cms_core.jobs import Job
from cms_core.worker.runs import JobRun

if TYPE_CHECKING:
    from cms_core.app import CMS

log = structlog.get_logger(__name__)

#: After a run that never ended well, the next worker waits so long: it may still be running.
ABANDONED_AFTER = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Timing:
    """What the database says of one job."""

    job: Job
    now: datetime
    #: What the job's own `next_due` answers.
    due_at: datetime | None
    started_at: datetime | None
    succeeded_at: datetime | None

    @property
    def turn_at(self) -> datetime:
        """When the job's interval is over."""
        if self.started_at is None:
            return self.now
        if self.succeeded_at is not None and self.succeeded_at >= self.started_at:
            return self.started_at + self.job.every
        return self.started_at + min(self.job.every, ABANDONED_AFTER)

    @property
    def is_due(self) -> bool:
        """Whether the job itself says that it has something to do."""
        return self.due_at is not None and self.due_at <= self.now

    @property
    def seconds(self) -> float:
        """Seconds until the job shall run; not above zero when it is due."""
        at = self.turn_at if self.due_at is None else min(self.due_at, self.turn_at)
        return (at - self.now).total_seconds()


async def read_timings(cms: CMS, jobs: Sequence[Job]) -> list[Timing]:
    """Return the timing of every job; a job whose `next_due` fails is logged and left out.

    Raises `Unavailable`.
    """
    try:
        return await _read(cms, jobs)
    except Unavailable:
        raise
    except Exception:
        if len(jobs) == 1:
            log.exception("next_due_failed", job=jobs[0].key)
            return []
    return [timing for job in jobs for timing in await read_timings(cms, [job])]


async def _read(cms: CMS, jobs: Sequence[Job]) -> list[Timing]:
    by_key = {job.key: job for job in jobs}
    if not by_key:
        return []
    async with cms.db.snapshot() as session:
        rows = await session.execute(union_all(*(_timing(job) for job in jobs)))
        return [Timing(by_key[key], *moments) for key, *moments in rows]


def _timing(job: Job) -> Select[str, datetime, datetime, datetime, datetime]:
    run = select(JobRun).where(JobRun.key == job.key).subquery()
    due = null() if job.next_due is None else job.next_due.scalar_subquery()
    return select(
        literal(job.key),
        db_now(),
        type_coerce(due, Instant()),
        select(run.c.started_at).scalar_subquery(),
        select(run.c.succeeded_at).scalar_subquery(),
    )

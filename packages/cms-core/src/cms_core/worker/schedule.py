"""When each job is due, by the database's clock, read for all jobs in one statement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import structlog
from sqlalchemy import Select, cast, literal, null, select, type_coerce, union_all

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


class Schedule:
    """The timings of some jobs."""

    def __init__(self, cms: CMS, jobs: Sequence[Job]) -> None:
        self._cms = cms
        self._jobs = jobs
        #: Jobs whose `next_due` failed at the last look.
        self._broken: set[str] = set()

    async def read(self) -> list[Timing]:
        """Return the timing of every job, without those whose `next_due` is broken.

        Raises `Unavailable`.
        """
        try:
            timings = await self._select(self._jobs)
        except Unavailable:
            raise
        except Exception:
            # One of the selects spoils the statement for all jobs: ask one by one.
            return [timing for job in self._jobs for timing in await self._read_one(job)]
        self._broken.clear()
        return timings

    async def _read_one(self, job: Job) -> list[Timing]:
        try:
            timings = await self._select([job])
        except Unavailable:
            raise
        except Exception:
            if job.key not in self._broken:
                self._broken.add(job.key)
                log.exception("next_due_failed", job=job.key)
            return []
        self._broken.discard(job.key)
        return timings

    async def _select(self, jobs: Sequence[Job]) -> list[Timing]:
        by_key = {job.key: job for job in jobs}
        if not by_key:
            return []
        async with self._cms.db.snapshot() as session:
            rows = await session.execute(union_all(*(_timing(job) for job in jobs)))
            return [Timing(by_key[key], *moments) for key, *moments in rows]


def _timing(job: Job) -> Select[str, datetime, datetime, datetime, datetime]:
    run = select(JobRun).where(JobRun.key == job.key).subquery()
    # Cast: of two bare NULLs PostgreSQL makes a text, which fits no instant further down.
    none = cast(null(), Instant())
    due = none if job.next_due is None else type_coerce(job.next_due.scalar_subquery(), Instant())
    return select(
        literal(job.key),
        db_now(),
        due,
        select(run.c.started_at).scalar_subquery(),
        select(run.c.succeeded_at).scalar_subquery(),
    )

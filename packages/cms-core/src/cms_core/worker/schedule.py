"""When each job is due, by the database's clock, read for all jobs in one statement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
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
#: Seconds until a job whose `next_due` is broken is asked again.
ASKED_AGAIN_AFTER = 30.0


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
        self._question = _Question(jobs)
        #: Jobs whose `next_due` failed when they were last asked.
        self._broken: set[str] = set()
        self._ask_all_at = 0.0

    async def read(self) -> list[Timing]:
        """Return the timing of every job, without those whose `next_due` is broken.

        Raises `Unavailable`.
        """
        if self._broken and monotonic() >= self._ask_all_at:
            return await self._ask_one_by_one()
        try:
            return await self._question.ask(self._cms)
        except Unavailable:
            raise
        except Exception:
            # One of the selects spoils the statement for all jobs.
            return await self._ask_one_by_one()

    async def _ask_one_by_one(self) -> list[Timing]:
        """Find the broken ones, and leave them out of the question for a while."""
        self._ask_all_at = monotonic() + ASKED_AGAIN_AFTER
        timings = [timing for job in self._jobs for timing in await self._ask_one(job)]
        self._question = _Question([timing.job for timing in timings])
        return timings

    async def _ask_one(self, job: Job) -> list[Timing]:
        try:
            timings = await _Question([job]).ask(self._cms)
        except Unavailable:
            raise
        except Exception:
            if job.key not in self._broken:
                self._broken.add(job.key)
                log.exception("next_due_failed", job=job.key)
            return []
        self._broken.discard(job.key)
        return timings


class _Question:
    """The statement that asks for the timings of some jobs; built once."""

    def __init__(self, jobs: Sequence[Job]) -> None:
        self._jobs = {job.key: job for job in jobs}
        self._statement = union_all(*(_timing(job) for job in jobs)) if jobs else None

    async def ask(self, cms: CMS) -> list[Timing]:
        if self._statement is None:
            return []
        async with cms.db.snapshot() as session:
            rows = await session.execute(self._statement)
            return [Timing(self._jobs[key], *moments) for key, *moments in rows]


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

"""What is overdue: what jobs say of themselves, in the moment of a snapshot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic

import structlog
from sqlalchemy import select, type_coerce

from cms_core.db.clock import db_now
from cms_core.db.database import Database
from cms_core.db.faults import Fault, classify
from cms_core.db.session import SnapshotSession
from cms_core.db.types import Instant
from cms_core.jobs import Job

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Look:
    """What the database's clock says, and which jobs have been due since when."""

    now: datetime
    overdue: Mapping[str, datetime]


class Lookout:
    """Asks jobs in one statement what they have due, without those who can't answer."""

    def __init__(self, db: Database, jobs: Sequence[Job], pause: float) -> None:
        self._db = db
        self._pause = pause
        self._jobs = jobs
        self.unreadable: set[str] = set()
        self._examine_at = 0.0
        self._question = _Question(jobs)

    async def look(self, session: SnapshotSession) -> Look | Exception:
        """Return what is overdue, or what keeps the database from telling.

        It comes first in a session: in REPEATABLE READ the first statement takes the snapshot.
        """
        try:
            return await self._question.ask(session)
        except Exception as error:
            if classify(error) is not Fault.DEFECT:
                raise
            return error

    async def examine(self, error: Exception | None = None) -> None:
        """Find the jobs whose `next_due` can't be read; from now on ask only the others."""
        self._examine_at = monotonic() + self._pause
        faults = {job.key: fault for job in self._jobs if (fault := await self._fault_of(job))}
        if error and not faults:
            # Each alone can be read, all together can't.
            faults = dict.fromkeys((job.key for job in self._jobs), error)
        for key in faults.keys() - self.unreadable:
            log.error("next_due_failed", job=key, exc_info=faults[key])
        self.unreadable = set(faults)
        self._question = _Question([job for job in self._jobs if job.key not in faults])

    async def examine_again(self) -> None:
        """Ask those again who could not answer some time ago."""
        if self.unreadable and monotonic() >= self._examine_at:
            await self.examine()

    async def _fault_of(self, job: Job) -> Exception | None:
        async with self._db.snapshot() as session:
            try:
                await _Question([job]).ask(session)
            except Exception as error:
                if classify(error) is not Fault.DEFECT:
                    raise
                return error
        return None


class _Question:
    """The statement that asks some jobs when they are due; made once."""

    def __init__(self, jobs: Sequence[Job]) -> None:
        self._keys = [job.key for job in jobs]
        due = [job.next_due.scalar_subquery() for job in jobs if job.next_due is not None]
        moments = [type_coerce(each, Instant()) for each in due]
        self._statement = select(db_now(), *moments)

    async def ask(self, session: SnapshotSession) -> Look:
        if not self._keys:
            return Look(datetime.min.replace(tzinfo=UTC), {})
        now, *moments = (await session.execute(self._statement)).one()
        due = zip(self._keys, moments, strict=True)
        return Look(now, {key: at for key, at in due if at is not None and at <= now})

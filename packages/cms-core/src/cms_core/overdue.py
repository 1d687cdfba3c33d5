"""What is overdue, and which generations there are: what one statement tells of a moment."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import monotonic
from typing import Any

import structlog
from sqlalchemy import select, type_coerce

from cms_core.db.clock import db_now
from cms_core.db.database import Database
from cms_core.db.faults import Fault, classify
from cms_core.db.generations import generations_of, mark
from cms_core.db.instance import Instance
from cms_core.db.reads import AnyRow, Read
from cms_core.db.session import SnapshotSession
from cms_core.db.types import Instant
from cms_core.jobs import Job

log = structlog.get_logger(__name__)

_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Look:
    """What the database says of one moment.

    `due` is when each job is due next, the past included. `gens` are the present generations of
    the scopes asked for; a scope that never changed has none. While `mark` stays the same, nothing
    was committed; it is empty where the database has no such thing. `sent_at` is when the question
    was sent (monotonic), where that matters.
    """

    now: datetime
    due: Mapping[str, datetime] = field(default_factory=dict)
    gens: Mapping[str, str] = field(default_factory=dict)
    #: Which database it is; another one, after a backup was restored.
    instance: str = ""
    mark: str = ""
    sent_at: float = float("-inf")
    is_overdue: bool = False

    @property
    def overdue(self) -> dict[str, datetime]:
        """The jobs that are due, and since when."""
        return {key: at for key, at in self.due.items() if at <= self.now}


class Lookout:
    """Asks jobs in one statement what they have due, without those who can't answer."""

    def __init__(self, db: Database, jobs: Sequence[Job], pause: float) -> None:
        self._db = db
        self._pause = pause
        self._jobs = jobs
        self.unreadable: set[str] = set()
        self._examine_at = 0.0
        self.question = Question(jobs)

    async def look(
        self, session: SnapshotSession, scopes: Collection[str] = ()
    ) -> Look | Exception:
        """Return what is overdue, and the generations of these scopes, in the session's moment.

        Returns what keeps the database from telling where that is a defect of some job.
        """
        if self.question.is_trivial and not scopes:
            return Look(_NEVER)
        try:
            rows = await session.fetch(self.question.read, scopes=list(scopes))
        except Exception as error:
            if classify(error) is not Fault.DEFECT:
                raise
            return error
        return self.question.look_of(rows[0])

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
        self.question = Question([job for job in self._jobs if job.key not in faults])

    async def examine_again(self) -> None:
        """Ask those again who could not answer some time ago."""
        if self.unreadable and monotonic() >= self._examine_at:
            await self.examine()

    async def _fault_of(self, job: Job) -> Exception | None:
        async with self._db.snapshot() as session:
            try:
                await session.fetch(Question([job]).read, scopes=[])
            except Exception as error:
                if classify(error) is not Fault.DEFECT:
                    raise
                return error
        return None


class _InstantOfJob(Instant):
    """What a job says: unlike what a column holds, it may be no moment, which has to show."""

    cache_ok = True


class Question:
    """The statement that asks some jobs when they are due, and scopes for their generations."""

    def __init__(self, jobs: Sequence[Job]) -> None:
        self._keys = [job.key for job in jobs]
        due = [job.next_due.scalar_subquery() for job in jobs if job.next_due is not None]
        moments = [type_coerce(each, _InstantOfJob()) for each in due]
        self.read = Read(
            select(
                db_now().label("now"),
                mark().label("mark"),
                select(Instance.id).scalar_subquery().label("instance"),
                generations_of("scopes").label("gens"),
                *(moment.label(f"due_{number}") for number, moment in enumerate(moments)),
            )
        )

    @property
    def is_trivial(self) -> bool:
        """Whether there is no job to ask."""
        return not self._keys

    def look_of(self, row: AnyRow) -> Look:
        """Return what the statement's only row says."""
        now, marked, instance, gens, *moments = row
        due = zip(self._keys, moments, strict=True)
        found: dict[str, Any] = json.loads(gens) if gens else {}
        dates = {key: at for key, at in due if at is not None}
        return Look(now, dates, found, str(instance), marked, is_overdue=is_late(dates, now))


def is_late(due: Mapping[str, datetime], now: datetime) -> bool:
    """Whether anything of what is due is overdue by then."""
    return any(at <= now for at in due.values())

"""What each job has before it: when it is due, how late that is, what waits and what is parked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    cast,
    literal,
    null,
    select,
    type_coerce,
    union_all,
)

from cms_core.db.clock import db_now
from cms_core.db.types import Instant
from cms_core.errors import reason_of
from cms_core.jobs import Job

if TYPE_CHECKING:
    from cms_core.app import CMS


@dataclass(frozen=True, slots=True)
class Backlog:
    """What one job says of itself; `fault` is why it could not."""

    due_at: datetime | None = None
    #: Seconds since it was due; 0 when it is not.
    lag: float = 0.0
    waiting: int | None = None
    parked: int | None = None
    fault: str | None = None


async def read_backlogs(cms: CMS) -> dict[str, Backlog]:
    """Return the backlog of every job by its key."""
    jobs = cms.contributions.jobs
    try:
        return await _read(cms, jobs)
    except Exception:
        # One of the selects spoils the statement for all jobs: ask one by one.
        return {job.key: await _read_one(cms, job) for job in jobs}


async def _read_one(cms: CMS, job: Job) -> Backlog:
    try:
        return (await _read(cms, [job]))[job.key]
    except Exception as error:
        return Backlog(fault=reason_of(error))


async def _read(cms: CMS, jobs: Sequence[Job]) -> dict[str, Backlog]:
    async with cms.db.snapshot() as session:
        rows = await session.execute(union_all(*(_select(job) for job in jobs)))
        return {key: _backlog(*answers) for key, *answers in rows}


def _backlog(
    now: datetime, due_at: datetime | None, waiting: int | None, parked: int | None
) -> Backlog:
    lag = 0.0 if due_at is None else max(0.0, (now - due_at).total_seconds())
    return Backlog(due_at, lag, waiting, parked)


def _select(job: Job) -> Select[Any]:
    # Cast: of two bare NULLs PostgreSQL makes a text, which fits nothing further down.
    due: ColumnElement[Any] = cast(null(), Instant())
    counts: Sequence[ColumnElement[Any]] = [cast(null(), Integer)] * 2
    if job.next_due is not None:
        due = type_coerce(job.next_due.scalar_subquery(), Instant())
    if job.backlog is not None:
        counts = job.backlog.subquery().c.values()
    statement: Select[Any] = select(literal(job.key), db_now(), due, *counts)
    return statement

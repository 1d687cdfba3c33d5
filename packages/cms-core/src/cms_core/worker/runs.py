"""Job runs: how the last run of each job went, whichever worker did it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Integer, String, Text, case, literal
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from cms_core.db.clock import db_now
from cms_core.db.session import TransactionSession
from cms_core.db.types import Base, Instant
from cms_core.errors import reason_of
from cms_core.worker.history import Run, enter


class JobRun(Base):
    """The last start, success and failure of one job."""

    __tablename__ = "job_runs"

    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    started_at: Mapped[datetime] = mapped_column(Instant)
    succeeded_at: Mapped[datetime | None] = mapped_column(Instant)
    failed_at: Mapped[datetime | None] = mapped_column(Instant)
    last_error: Mapped[str | None] = mapped_column(Text)
    #: Failures since the last success.
    failures: Mapped[int] = mapped_column(Integer, default=0)


async def begin_run(session: TransactionSession, run: Run) -> None:
    """Note that a job has started."""
    await _note(session, run, {})
    await enter(session, run, {})


async def begin_turn(session: TransactionSession, run: Run, last: datetime | None) -> bool:
    """Note that a job starts because its interval is over; False when another worker was faster.

    `last` is the start that the interval was counted from.
    """
    is_mine = await _note(session, run, {"started_at": db_now()}, JobRun.started_at == last)
    if is_mine:
        await enter(session, run, {})
    return is_mine


async def end_run(session: TransactionSession, run: Run, error: BaseException | None) -> None:
    """Note how a run ended, and its start if that was not noted yet."""
    if error is None:
        await _note(session, run, {"succeeded_at": db_now(), "failures": 0})
        await enter(session, run, {"ended_at": db_now()})
    else:
        reason, failures = reason_of(error), JobRun.failures + 1
        outcome = {"failed_at": db_now(), "last_error": reason, "failures": failures}
        await _note(session, run, outcome)
        await enter(session, run, {"ended_at": db_now(), "error": reason})


async def _note(
    session: TransactionSession,
    run: Run,
    outcome: dict[str, Any],
    condition: ColumnElement[bool] | None = None,
) -> bool:
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    # Runs of several workers may overlap: intervals are counted from the latest start.
    is_later = JobRun.started_at < run.started_at
    latest = case((is_later, literal(run.started_at, Instant())), else_=JobRun.started_at)
    first = {"key": run.key, "started_at": run.started_at} | outcome
    row = await session.execute(
        dialect.insert(JobRun)
        .values(first | {"failures": int("failed_at" in outcome)})
        .on_conflict_do_update(
            index_elements=["key"], set_={"started_at": latest} | outcome, where=condition
        )
        .returning(JobRun.key)
    )
    return row.first() is not None

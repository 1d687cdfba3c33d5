"""Job runs: how the last run of each job went, whichever worker did it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Integer, String, Text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from cms_core.db.clock import db_now
from cms_core.db.session import TransactionSession
from cms_core.db.types import Base, Instant
from cms_core.errors import reason_of


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


async def begin_run(session: TransactionSession, key: str) -> None:
    """Note that a job starts."""
    await _start(session, key, None)


async def begin_turn(session: TransactionSession, key: str, last: datetime | None) -> bool:
    """Note that a job starts because its interval is over; False when another worker was faster.

    `last` is the start that the interval was counted from.
    """
    return await _start(session, key, JobRun.started_at == last)


async def end_run(session: TransactionSession, key: str, error: BaseException | None) -> None:
    """Note how the run ended."""
    values = {"succeeded_at": db_now(), "failures": 0}
    if error is not None:
        values = {
            "failed_at": db_now(),
            "failures": JobRun.failures + 1,
            "last_error": reason_of(error),
        }
    await session.execute(update(JobRun).where(JobRun.key == key).values(values))


async def _start(session: TransactionSession, key: str, condition: object) -> bool:
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    row = await session.execute(
        dialect.insert(JobRun)
        .values(key=key, started_at=db_now(), failures=0)
        .on_conflict_do_update(
            index_elements=["key"], set_={"started_at": db_now()}, where=condition
        )
        .returning(JobRun.key)
    )
    return row.first() is not None

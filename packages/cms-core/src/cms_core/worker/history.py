"""The history of jobs: their last runs, one by one."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, String, Text, Uuid, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from cms_core.db.session import TransactionSession
from cms_core.db.types import Base, Instant
from cms_core.ids import new_id

#: Runs of each job.
KEPT = 50


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a job on one worker, from its start by the database's clock."""

    key: str
    worker: UUID
    started_at: datetime
    id: UUID = field(default_factory=new_id)


class PastRun(Base):
    """A run of a job; one without an end is going on, or its worker died."""

    __tablename__ = "job_history"
    __table_args__ = (Index("ix_job_history_key_started_at", "key", "started_at"),)

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    key: Mapped[str] = mapped_column(String(200))
    worker_id: Mapped[UUID] = mapped_column(Uuid)
    started_at: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    error: Mapped[str | None] = mapped_column(Text)


async def enter(session: TransactionSession, run: Run, end: dict[str, Any]) -> None:
    """Enter a run, or the end of one that is entered already."""
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    values = {"key": run.key, "worker_id": run.worker, "started_at": run.started_at} | end
    entry = dialect.insert(PastRun).values(id=run.id, **values)
    await session.execute(entry.on_conflict_do_update(index_elements=["id"], set_=values))
    # With every entry: so the table stays small even where no job ever ends.
    of_job = PastRun.key == run.key
    newest = select(PastRun.started_at).where(of_job).order_by(PastRun.started_at.desc())
    oldest_kept = newest.offset(KEPT - 1).limit(1).scalar_subquery()
    await session.execute(delete(PastRun).where(of_job, PastRun.started_at < oldest_kept))

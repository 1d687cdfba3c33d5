"""Job runs: how the last run of each job went, whichever worker did it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from cms_core.db.types import Base, Instant


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

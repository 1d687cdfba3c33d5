"""The retention of the core's own tables: what has expired is deleted."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import delete, select, tuple_

from cms_core.db.session import TransactionSession
from cms_core.http.idempotency import KEPT, IdempotencyRow
from cms_core.jobs import Job
from cms_core.outbox import hold_back
from cms_core.worker.heartbeats import forget_workers

if TYPE_CHECKING:
    from cms_core.app import CMS

KEY = "core:prune"
BATCH = 1000


def prune_job() -> Job:
    """Return the job that looks after the core's tables once an hour."""
    return Job(KEY, _prune, every=timedelta(hours=1))


async def _prune(cms: CMS) -> bool:
    await cms.db.run(forget_workers)
    more = await cms.db.run(hold_back)
    return await cms.db.run(_forget_keys) == BATCH or more


async def _forget_keys(session: TransactionSession) -> int:
    key = tuple_(IdempotencyRow.principal_id, IdempotencyRow.route, IdempotencyRow.key)
    expired = (
        select(IdempotencyRow.principal_id, IdempotencyRow.route, IdempotencyRow.key)
        .where(IdempotencyRow.created_at < await session.now() - KEPT)
        .limit(BATCH)
    )
    deleted = await session.execute(
        delete(IdempotencyRow).where(key.in_(expired)).returning(IdempotencyRow.key)
    )
    return len(deleted.all())

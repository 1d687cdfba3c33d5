"""Housekeeping: sessions that are over, and tokens that could no longer be used anyway."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, select

from cms_auth.models import RefreshToken, UserSession
from cms_auth.queries import expired_before
from cms_core import CMS, Job, Transaction

KEY = "auth:prune"
BATCH = 1000


def prune_job() -> Job:
    """Return the job that deletes ended and expired sessions and their tokens."""
    return Job(KEY, _prune, every=timedelta(hours=1))


async def _prune(cms: CMS) -> bool:
    sessions = await cms.db.run(_prune_sessions)
    tokens = await cms.db.run(_prune_tokens)
    return BATCH in (sessions, tokens)


async def _prune_sessions(session: Transaction) -> int:
    expired = select(UserSession.id).where(expired_before(await session.now())).limit(BATCH)
    gone = delete(UserSession).where(UserSession.id.in_(expired)).returning(UserSession.id)
    return len((await session.execute(gone)).all())


async def _prune_tokens(session: Transaction) -> int:
    # Used tokens of living sessions: until they expire, using one again must end the session.
    expired = (
        select(RefreshToken.digest)
        .where(RefreshToken.expires_at <= await session.now())
        .limit(BATCH)
    )
    gone = delete(RefreshToken).where(RefreshToken.digest.in_(expired))
    return len((await session.execute(gone.returning(RefreshToken.digest))).all())

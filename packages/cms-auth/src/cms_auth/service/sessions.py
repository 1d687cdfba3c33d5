"""Sessions begin with a password, go on by refreshing, and end once and for all.

A session is the family of its refresh tokens. Ending is a column that every request reads, so it
takes effect at once and everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, update

from cms_auth.events import EndReason, SessionEnded, UserSignedIn
from cms_auth.models import MAX_ADDRESS, MAX_USER_AGENT, RefreshToken, UserSession
from cms_auth.queries import Credentials, locked_holder, locked_session_of_token
from cms_auth.tokens import digest, new_opaque_token
from cms_core import Transaction, new_id


@dataclass(frozen=True, slots=True)
class SessionLife:
    """How long a session lives without being refreshed, and in any case."""

    idle: timedelta
    longest: timedelta


@dataclass(frozen=True, slots=True)
class Client:
    """Where a request comes from."""

    address: str
    user_agent: str


@dataclass(frozen=True, slots=True)
class Grant:
    """What a client gets: an access token can be issued for it at `now`."""

    user_id: UUID
    session_id: UUID
    refresh_token: str
    now: datetime


async def open_session(
    session: Transaction,
    verified: Credentials,
    client: Client,
    life: SessionLife,
    *,
    now: datetime,
    new_digest: str | None = None,
) -> Grant | None:
    """Begin a session for the active account whose password fits these credentials.

    None when they are no longer the account's: it was changed while the password was verified,
    which takes long and so happens outside the transaction. `new_digest` replaces a digest that
    was made at another cost.
    """
    user = await locked_holder(session, verified)
    if user is None:
        return None
    user.last_login_at = now
    user.password_digest = new_digest or user.password_digest
    login = UserSession(
        id=new_id(),
        user_id=user.id,
        created_at=now,
        refreshed_at=now,
        expires_at=now + min(life.idle, life.longest),
        address=client.address[:MAX_ADDRESS],
        user_agent=client.user_agent[:MAX_USER_AGENT],
    )
    session.add(login)
    await session.flush()
    session.emit(UserSignedIn(user.id, login.id, client.address))
    return await _grant(session, login, now)


async def refresh_session(
    session: Transaction, token: str, life: SessionLife, *, now: datetime
) -> Grant | None:
    """Exchange a refresh token for the next one; None for a token that is not good.

    A token that was used before has been in two hands, and nobody can tell whose hand this is: the
    session ends. That must be committed, so it is a result and not an error. Of two exchanges at
    the same time the second one ends the session too.
    """
    key = digest(token)
    login = await locked_session_of_token(session, key)
    if login is None:
        return None
    claim = (
        update(RefreshToken)
        .where(RefreshToken.digest == key, RefreshToken.used_at.is_(None))
        .values(used_at=now)
        .returning(RefreshToken.digest)
    )
    if (await session.execute(claim)).one_or_none() is None:
        await _end(session, UserSession.id == login.id, EndReason.REFRESH_TOKEN_REUSED, now)
        return None
    login.refreshed_at = now
    login.expires_at = min(now + life.idle, login.created_at + life.longest)
    return await _grant(session, login, now)


async def end_session(
    session: Transaction, session_id: UUID, *, user_id: UUID, reason: EndReason, now: datetime
) -> bool:
    """End one session of an account; tell whether it had a living one of this id."""
    mine = (UserSession.id == session_id) & (UserSession.user_id == user_id)
    return await _end(session, mine, reason, now)


async def end_sessions(
    session: Transaction,
    user_id: UUID,
    *,
    reason: EndReason,
    now: datetime,
    keep: UUID | None = None,
) -> None:
    """End all sessions of an account, or all but one."""
    which = UserSession.user_id == user_id
    await _end(session, which if keep is None else which & (UserSession.id != keep), reason, now)


async def _grant(session: Transaction, login: UserSession, now: datetime) -> Grant:
    token = new_opaque_token()
    session.add(
        RefreshToken(
            digest=digest(token),
            session_id=login.id,
            created_at=now,
            expires_at=login.expires_at,
        )
    )
    await session.flush()
    return Grant(login.user_id, login.id, token, now)


async def _end(
    session: Transaction, which: ColumnElement[bool], reason: EndReason, now: datetime
) -> bool:
    """End the live sessions that are meant; tell whether there were any."""
    statement = (
        update(UserSession)
        .where(which, UserSession.ended_at.is_(None), UserSession.expires_at > now)
        .values(ended_at=now)
        .returning(UserSession.id, UserSession.user_id)
        .execution_options(synchronize_session=False)
    )
    ended = (await session.execute(statement)).all()
    for row in ended:
        session.emit(SessionEnded(row.user_id, row.id, reason))
    return bool(ended)

"""Named reads, and the locks that changes take: administrators, then an account, then a role."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, bindparam, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from cms_auth.models import RefreshToken, Role, User, UserSession, UserState
from cms_auth.rights import ADMIN
from cms_core import Read, Sort, among, db_now, fetch

#: Those who administer (`User.administers`): without any, nobody could let anybody in.
ADMINISTERS = and_(
    User.role == ADMIN, User.state == UserState.ACTIVE, User.password_digest.is_not(None)
)

_USERS, _SESSIONS = User.__table__.c, UserSession.__table__.c

USER_SORTS = {
    "created_at": Sort((_USERS.created_at, _USERS.id)),
    "name": Sort((_USERS.name, _USERS.id)),
}
SESSION_SORTS = {"refreshed_at": Sort((_SESSIONS.refreshed_at, _SESSIONS.id))}


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a password is compared with."""

    user_id: UUID
    state: UserState
    password_digest: str | None


async def credentials_of_email(session: AsyncSession, email: str) -> Credentials | None:
    """The credentials of a normalised address."""
    return await _credentials(session, User.email == email)


async def credentials_of_user(session: AsyncSession, user_id: UUID) -> Credentials | None:
    """The credentials of an account."""
    return await _credentials(session, User.id == user_id)


async def _credentials(session: AsyncSession, which: ColumnElement[bool]) -> Credentials | None:
    statement = select(User.id, User.state, User.password_digest).where(which)
    row = (await session.execute(statement)).one_or_none()
    return None if row is None else Credentials(*row)


def _lives() -> ColumnElement[bool]:
    return and_(UserSession.ended_at.is_(None), UserSession.expires_at > db_now())


#: Who the live session `session` of the account `user` belongs to, with the database's moment: one
#: read by primary keys. `granted` is NULL unless the role was added.
SIGNED_IN = Read(
    select(User.name, User.role, Role.permissions.label("granted"), db_now().label("now"))
    .join(UserSession, UserSession.user_id == User.id)
    .outerjoin(Role, Role.name == User.role)
    .where(UserSession.id == bindparam("session"), User.id == bindparam("user"), _lives())
    .where(User.state == UserState.ACTIVE)
)


def live_sessions(user_id: UUID) -> Select[Any]:
    """The sessions of an account that have neither ended nor expired."""
    return select(UserSession).where(UserSession.user_id == user_id, _lives())


async def locked_session_of_token(session: AsyncSession, digest: bytes) -> UserSession | None:
    """The live session that a refresh token is of, held against other refreshes."""
    statement = (
        select(UserSession)
        .join(RefreshToken, RefreshToken.session_id == UserSession.id)
        .where(RefreshToken.digest == digest, _lives())
        .with_for_update(of=UserSession)
    )
    return (await session.execute(statement)).scalar_one_or_none()


async def find_user(session: AsyncSession, user_id: UUID) -> User | None:
    """One account."""
    return await session.get(User, user_id)


async def find_user_by_email(session: AsyncSession, email: str) -> User | None:
    """The account of a normalised address."""
    return (await session.execute(select(User).where(User.email == email))).scalar_one_or_none()


async def locked_user(session: AsyncSession, user_id: UUID) -> User | None:
    """An account, held against every other change until the transaction ends."""
    statement = select(User).where(User.id == user_id).with_for_update()
    fresh = statement.execution_options(populate_existing=True)
    return (await session.execute(fresh)).scalar_one_or_none()


async def locked_holder(session: AsyncSession, verified: Credentials) -> User | None:
    """The account of these credentials, held likewise; None when they are no longer its own."""
    user = await locked_user(session, verified.user_id)
    if user is None:
        return None
    present = Credentials(user.id, user.state, user.password_digest)
    return user if present == verified else None


async def lock_administrators(session: AsyncSession) -> None:
    """Hold all administrators against change, so that two of them can't depose each other.

    Before any other lock, and by id: whoever comes second waits here, and then sees who is left.
    """
    await session.execute(select(User.id).where(ADMINISTERS).order_by(User.id).with_for_update())


async def has_administrator(session: AsyncSession) -> bool:
    """Tell whether anybody can administer."""
    return bool((await session.execute(select(exists().where(ADMINISTERS)))).scalar_one())


def users(role: str | None, state: UserState | None, text: str | None) -> Select[Any]:
    """The accounts of a role and state with this text in their name or address."""
    statement = select(User)
    if role is not None:
        statement = statement.where(User.role == role)
    if state is not None:
        statement = statement.where(User.state == state)
    if text is not None:
        found = [
            func.lower(column).contains(text.lower(), autoescape=True)
            for column in (User.name, User.email)
        ]
        statement = statement.where(or_(*found))
    return statement


_NAMES = Read(select(User.id, User.name).where(among(_USERS.id, "ids")))


async def names_of(session: AsyncSession, ids: Iterable[UUID]) -> dict[UUID, str]:
    """The names of these accounts."""
    return {row.id: row.name for row in await fetch(session, _NAMES, ids=list(ids))}


async def added_roles(session: AsyncSession) -> Sequence[Role]:
    """The roles that the installation added, by name."""
    return (await session.execute(select(Role).order_by(Role.name))).scalars().all()


async def find_role(session: AsyncSession, name: str) -> Role | None:
    """A role that the installation added."""
    return await session.get(Role, name)


async def locked_role(session: AsyncSession, name: str, *, share: bool = False) -> Role | None:
    """The same, held against change; `share` only against its deletion, beside others."""
    statement = select(Role).where(Role.name == name).with_for_update(read=share)
    return (await session.execute(statement)).scalar_one_or_none()


async def is_role_in_use(session: AsyncSession, name: str) -> bool:
    """Tell whether any account has the role."""
    return bool((await session.execute(select(exists().where(User.role == name)))).scalar_one())


def expired_before(now: datetime) -> ColumnElement[bool]:
    """The sessions that nobody can use any more."""
    return or_(UserSession.ended_at.is_not(None), UserSession.expires_at <= now)

"""Accounts: made, changed and deleted by administrators, their owners, commands and imports."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict
from uuid import UUID

from cms_auth.errors import (
    EmailTaken,
    LastAdministrator,
    PasswordNeedsEmail,
    UnknownRole,
    UserNotFound,
)
from cms_auth.events import EndReason, PasswordChanged, UserChanged, UserCreated, UserDeleted
from cms_auth.models import User, UserState
from cms_auth.queries import has_administrator, lock_administrators, locked_role, locked_user
from cms_auth.rights import DEFAULT_ROLE
from cms_auth.service.principals import touch_shown
from cms_auth.service.sessions import end_sessions
from cms_core import (
    ANY_VERSION,
    BUILT_IN_ROLES,
    FieldError,
    Precondition,
    Transaction,
    new_id,
    unique_or,
)


@dataclass(frozen=True, slots=True)
class NewUser:
    """An account to be; `email` is normalised. Without a password nobody can sign in to it."""

    email: str
    name: str
    role: str = DEFAULT_ROLE
    password_digest: str | None = None


class UserChanges(TypedDict, total=False):
    """The fields of an account to change; `email` is normalised."""

    email: str
    name: str
    role: str
    state: UserState
    password_digest: str


async def create_user(
    session: Transaction, new: NewUser, *, by: UUID | None, now: datetime
) -> User:
    """Make an account. Raises `EmailTaken` or `UnknownRole`."""
    await _must_exist(session, new.role)
    user = User(
        id=new_id(),
        version=1,
        email=new.email,
        name=new.name,
        role=new.role,
        state=UserState.ACTIVE,
        password_digest=new.password_digest,
        created_at=now,
        updated_at=now,
    )
    session.add(user)
    with unique_or(EmailTaken()):
        await session.flush()
    session.emit(UserCreated(user.id, by))
    return user


async def update_user(
    session: Transaction,
    user_id: UUID,
    changes: UserChanges,
    *,
    by: UUID | None,
    now: datetime,
    precondition: Precondition = ANY_VERSION,
    keep_session: UUID | None = None,
) -> User:
    """Change an account; changes that change nothing leave its version.

    A new password ends all its sessions, except `keep_session`; so does disabling it. Raises
    `UserNotFound`, `PreconditionFailed`, `EmailTaken`, `UnknownRole`, `PasswordNeedsEmail` or
    `LastAdministrator`.
    """
    if changes.keys() & {"role", "state"}:
        await lock_administrators(session)
    user = await locked_user(session, user_id)
    if user is None:
        raise UserNotFound
    precondition.check(user.version)
    changed = {name: value for name, value in changes.items() if value != getattr(user, name)}
    if not changed:
        return user
    administered = user.administers
    if "role" in changes:
        await _must_exist(session, changes["role"])
    for name, value in changed.items():
        setattr(user, name, value)
    if user.password_digest is not None and user.email is None:
        raise PasswordNeedsEmail
    user.version += 1
    user.updated_at = now
    with unique_or(EmailTaken()):
        await session.flush()
    if administered and not await has_administrator(session):
        raise LastAdministrator
    if user.state == UserState.DISABLED:
        await end_sessions(session, user.id, reason=EndReason.ACCOUNT_DISABLED, now=now)
    elif "password_digest" in changed:
        reason = EndReason.PASSWORD_CHANGED
        await end_sessions(session, user.id, reason=reason, now=now, keep=keep_session)
    _announce(session, user, changed.keys(), by)
    return user


async def delete_user(
    session: Transaction,
    user_id: UUID,
    *,
    by: UUID | None,
    precondition: Precondition = ANY_VERSION,
) -> None:
    """Delete an account with its sessions; where others refer to it, no name is shown any more.

    Raises `UserNotFound`, `PreconditionFailed` or `LastAdministrator`.
    """
    await lock_administrators(session)
    user = await locked_user(session, user_id)
    if user is None:
        raise UserNotFound
    precondition.check(user.version)
    administered = user.administers
    await session.delete(user)
    await session.flush()
    if administered and not await has_administrator(session):
        raise LastAdministrator
    touch_shown(session, user_id)
    session.emit(UserDeleted(user_id, by))


async def _must_exist(session: Transaction, role: str) -> None:
    # Held against deletion: a role that is being deleted must not be given to anybody.
    if role not in BUILT_IN_ROLES and await locked_role(session, role, share=True) is None:
        raise UnknownRole(errors=[FieldError("/role", "no such role")])


def _announce(session: Transaction, user: User, changed: Set[str], by: UUID | None) -> None:
    if "name" in changed:
        touch_shown(session, user.id)
    if "password_digest" in changed:
        session.emit(PasswordChanged(user.id, by))
    if fields := tuple(sorted(changed - {"password_digest"})):
        session.emit(UserChanged(user.id, by, fields))

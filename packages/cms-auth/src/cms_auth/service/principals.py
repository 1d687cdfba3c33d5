"""Accounts as others refer to them: as the author of a post."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from cms_auth.events import UserCreated
from cms_auth.models import User, UserState
from cms_auth.naming import parse_name
from cms_auth.queries import names_of
from cms_auth.rights import DEFAULT_ROLE
from cms_core import Invalid, Resolved, Resolver, Transaction, new_id

KIND = "principal"


def principal_resolver() -> Resolver:
    """Return the resolver that shows accounts by name, and finds or makes them for importers."""
    return Resolver(KIND, resolve_principals, provide_principal)


async def resolve_principals(
    session: AsyncSession, ids: frozenset[UUID]
) -> Mapping[UUID, Resolved]:
    """The names of these accounts; the unknown ones are left out."""
    names = await names_of(session, ids)
    return {id: Resolved({"name": name}, frozenset({_scope(id)})) for id, name in names.items()}


async def provide_principal(session: Transaction, name: str) -> UUID:
    """The account that importers made under this name, made now if there is none.

    It stays the same when it is renamed or gets an address. Raises `Invalid` for what is no name.
    """
    try:
        name = parse_name(name)
    except ValueError as error:
        raise Invalid(f"{name[:50]!r} is no name: {error}") from None
    now, id = await session.now(), new_id()
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    # Waits for a concurrent import of the same name to end, instead of failing.
    made = await session.execute(
        dialect.insert(User)
        .values(
            id=id,
            version=1,
            name=name,
            role=DEFAULT_ROLE,
            state=UserState.ACTIVE,
            imported_as=name,
            created_at=now,
            updated_at=now,
        )
        .on_conflict_do_nothing()
        .returning(User.id)
    )
    if made.one_or_none() is not None:
        session.emit(UserCreated(id, None))
        return id
    return (await session.execute(select(User.id).where(User.imported_as == name))).scalar_one()


def touch_shown(session: Transaction, id: UUID) -> None:
    """Renew whatever shows this account's name. The caller holds its row locked."""
    session.touch(_scope(id), f"{KIND}:any")


def _scope(id: UUID) -> str:
    return f"{KIND}:{id}"

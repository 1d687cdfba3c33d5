"""Roles that the installation adds beside the built-in ones."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from uuid import UUID

from cms_auth.errors import BuiltInRole, RoleExists, RoleInUse, RoleNotFound, UnknownPermission
from cms_auth.events import RoleChanged, RoleDeleted
from cms_auth.models import Role
from cms_auth.queries import is_role_in_use, locked_role
from cms_core import ANY_VERSION, BUILT_IN_ROLES, FieldError, Precondition, Transaction, unique_or


async def put_role(
    session: Transaction,
    name: str,
    description: str,
    permissions: Iterable[str],
    *,
    known: Collection[str],
    by: UUID | None,
    precondition: Precondition = ANY_VERSION,
) -> tuple[Role, bool]:
    """Make a role or change it, at once for all who have it; return it, and whether it is new.

    `known` are the permissions that the installed plugins have. Raises `BuiltInRole`,
    `UnknownPermission`, `PreconditionFailed` or `RoleExists`.
    """
    _must_be_added(name)
    role = await locked_role(session, name)
    wanted = _checked(permissions, known, role.permissions if role else ())
    if role is None:
        role, created = Role(name=name, version=1), True
        session.add(role)
    else:
        precondition.check(role.version)
        created = False
        if (role.description, role.permissions) == (description, wanted):
            return role, False
        role.version += 1
    role.description, role.permissions = description, wanted
    with unique_or(RoleExists()):
        await session.flush()
    session.emit(RoleChanged(name, by))
    return role, created


async def delete_role(
    session: Transaction,
    name: str,
    *,
    by: UUID | None,
    precondition: Precondition = ANY_VERSION,
) -> None:
    """Delete a role. Raises `BuiltInRole`, `RoleNotFound`, `PreconditionFailed` or `RoleInUse`."""
    _must_be_added(name)
    role = await locked_role(session, name)
    if role is None:
        raise RoleNotFound
    precondition.check(role.version)
    if await is_role_in_use(session, name):
        raise RoleInUse
    await session.delete(role)
    await session.flush()
    session.emit(RoleDeleted(name, by))


def _must_be_added(name: str) -> None:
    if name in BUILT_IN_ROLES:
        raise BuiltInRole


def _checked(wanted: Iterable[str], known: Collection[str], had: Collection[str]) -> list[str]:
    """Sort out the permissions of a role; it may keep those of plugins that are gone."""
    keys = sorted(set(wanted))
    if unknown := [key for key in keys if key not in known and key not in had]:
        raise UnknownPermission(
            errors=[FieldError("/permissions", f"unknown: {key[:100]}") for key in unknown]
        )
    return keys

"""``/api/v1/admin/roles``: what each role may do."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Response

from cms_auth.context import AuthContext
from cms_auth.errors import RoleNotFound
from cms_auth.models import MAX_ROLE, Role
from cms_auth.permissions import MANAGE_ROLES
from cms_auth.queries import added_roles, find_role
from cms_auth.rights import Rights
from cms_auth.schemas import RoleBody, Roles, ShownPermission, ShownRole
from cms_auth.service.roles import delete_role, put_role
from cms_core import (
    BUILT_IN_ROLES,
    AdminRouter,
    IfMatch,
    Principal,
    Snapshot,
    Transaction,
    answer,
    requires,
)

Manager = Annotated[Principal, requires(MANAGE_ROLES)]
RoleName = Annotated[
    str, Path(max_length=MAX_ROLE, pattern="^[a-z][a-z0-9]*(-[a-z0-9]+)*$", examples=["translator"])
]


def roles_router(auth: AuthContext) -> AdminRouter:
    """Return the router of roles."""
    router = AdminRouter("/roles")
    _add_reading(router, auth.rights)
    _add_changing(router, auth)
    return router


def _add_reading(router: AdminRouter, rights: Rights) -> None:
    built_in = {name: _built_in(name, rights) for name in BUILT_IN_ROLES}
    every = rights.permissions.values()
    permissions = [ShownPermission(key=p.key, description=p.description) for p in every]

    @router.get("", response_model=Roles)
    async def list_roles(session: Snapshot, by: Manager) -> Response:
        """List all roles with their permissions, and all permissions that there are."""
        added = [_shown(role) for role in await added_roles(session)]
        return answer(Roles(items=[*built_in.values(), *added], permissions=permissions))

    @router.get("/{name}", response_model=ShownRole)
    async def read(session: Snapshot, name: RoleName, by: Manager) -> Response:
        """Read a role."""
        if name in built_in:
            return answer(built_in[name])
        role = await find_role(session, name)
        if role is None:
            raise RoleNotFound
        return answer(_shown(role), version=role.version)


def _add_changing(router: AdminRouter, auth: AuthContext) -> None:
    address = f"{auth.cms.settings.public_url}{router.prefix}"
    created: dict[int | str, dict[str, object]] = {201: {"model": ShownRole}}

    @router.put("/{name}", response_model=ShownRole, responses=created)
    async def put(
        session: Transaction, name: RoleName, body: RoleBody, by: Manager, if_match: IfMatch
    ) -> Response:
        """Add a role, or change it at once for all who have it."""
        role, is_new = await put_role(
            session,
            name,
            body.description,
            body.permissions,
            known=auth.rights.permissions.keys(),
            by=by.id,
            precondition=if_match,
        )
        location = f"{address}/{name}" if is_new else None
        status = 201 if is_new else 200
        return answer(_shown(role), version=role.version, status=status, location=location)

    @router.delete("/{name}", status_code=204)
    async def delete(
        session: Transaction, name: RoleName, by: Manager, if_match: IfMatch
    ) -> Response:
        """Delete a role that no account has."""
        await delete_role(session, name, by=by.id, precondition=if_match)
        return Response(status_code=204)


def _built_in(name: str, rights: Rights) -> ShownRole:
    permissions = sorted(rights.of(name, None))
    return ShownRole(name=name, description="", built_in=True, permissions=permissions)


def _shown(role: Role) -> ShownRole:
    return ShownRole(
        name=role.name,
        description=role.description,
        built_in=False,
        permissions=role.permissions,
    )

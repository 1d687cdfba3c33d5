"""Permissions on routes: declared once, checked before the body is read, found at start-up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fastapi import Depends, Request
from fastapi.dependencies.models import Dependant

from cms_core.errors import Forbidden, Unauthenticated
from cms_core.security import Authenticator, Principal


class Guard:
    """The dependency behind `requires`; the route class finds it and enforces it early."""

    def __init__(self, permission: str) -> None:
        self.permission = permission

    async def __call__(self, request: Request) -> Principal:
        principal: Principal = request.state.principal
        return principal


def requires(permission: str) -> Any:
    """Guard an authoring route and hand it the principal.

    Use it as ``by: Annotated[Principal, requires("posts:write")]`` or in ``dependencies=[…]``.
    """
    return Depends(Guard(permission))


def walk(dependant: Dependant) -> Iterator[Dependant]:
    """Yield a dependant and all that it depends on."""
    yield dependant
    for child in dependant.dependencies:
        yield from walk(child)


def permissions_of(dependant: Dependant) -> frozenset[str]:
    """All permissions that a route's dependencies require."""
    calls = (child.call for child in walk(dependant))
    return frozenset(call.permission for call in calls if isinstance(call, Guard))


async def authenticate(request: Request, authenticators: list[Authenticator]) -> Principal:
    """Return the principal that the first authenticator who knows the credentials names.

    Raises `Unauthenticated` when none does. An authenticator that fails otherwise denies: its
    exception becomes a 500, never a pass.
    """
    for authenticator in authenticators:
        principal = await authenticator.authenticate(request)
        if principal is not None:
            return principal
    raise Unauthenticated


def authorise(principal: Principal, permissions: frozenset[str]) -> None:
    """Raise `Forbidden` unless the principal has all of these permissions."""
    if not permissions <= principal.permissions:
        raise Forbidden

"""Who is asking and what they may do: the ports that an authentication plugin fills."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from starlette.requests import HTTPConnection

from cms_core.errors import Forbidden

#: The roles that every installation has, from the fewest rights to all of them.
BUILT_IN_ROLES = ("reader", "author", "editor", "admin")


@dataclass(frozen=True, slots=True)
class Permission:
    """A right that a plugin's routes ask for; `admin` always has it.

    `key` is ``<plugin>:<verb>``; `default_roles` are the built-in roles that get it.
    """

    key: str
    description: str
    default_roles: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True)
class Principal:
    """A signed-in account (or the system itself) as the services see it."""

    id: UUID
    name: str
    permissions: frozenset[str] = frozenset()
    session_id: UUID | None = None

    def may(self, permission: str) -> bool:
        """Tell whether this principal has the permission."""
        return permission in self.permissions

    def must(self, permission: str) -> None:
        """Raise `Forbidden` unless this principal has the permission."""
        if not self.may(permission):
            raise Forbidden


class Authenticator(Protocol):
    """Turns the credentials of a request into a principal."""

    async def authenticate(self, connection: HTTPConnection) -> Principal | None:
        """Return the principal, or None when the credentials are not of this kind.

        Raises `Unauthenticated` for credentials of this kind that are not (or no longer) valid.
        Reads state anew on each call: what was revoked must fail on the very next request.
        """
        ...

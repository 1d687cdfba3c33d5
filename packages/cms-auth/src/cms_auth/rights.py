"""What each role may do, by the permissions of the installed plugins."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from cms_core import BUILT_IN_ROLES, Permission

#: The role that has every permission.
ADMIN = "admin"
#: The role of accounts that nobody chose one for.
DEFAULT_ROLE = "author"


class Rights:
    """The permissions of roles: built-in ones as the plugins say, added ones as stored."""

    def __init__(self, permissions: Mapping[str, Permission]) -> None:
        #: Every permission that a role can have, by key.
        self.permissions = permissions
        self._built_in = {role: self._of_built_in(role) for role in BUILT_IN_ROLES}

    def of(self, role: str, granted: Iterable[str] | None) -> frozenset[str]:
        """Return what a role may do; `granted` is what is stored of one that was added.

        Permissions of plugins that are not there have no effect. An unknown role has none.
        """
        built_in = self._built_in.get(role)
        return frozenset(granted or ()) & self.permissions.keys() if built_in is None else built_in

    def _of_built_in(self, role: str) -> frozenset[str]:
        every = self.permissions.values()
        return frozenset(p.key for p in every if role == ADMIN or role in p.default_roles)

"""The rights that cms-auth asks for."""

from cms_core import BUILT_IN_ROLES, Permission

OWN_ACCOUNT = "auth:own-account"
MANAGE_USERS = "auth:manage-users"
MANAGE_ROLES = "auth:manage-roles"

_ADMINISTRATORS = frozenset({"admin"})

PERMISSIONS = (
    Permission(
        OWN_ACCOUNT,
        "See and change one's own account, its password and its sessions.",
        frozenset(BUILT_IN_ROLES),
    ),
    Permission(
        MANAGE_USERS,
        "Create, change and delete accounts. Whoever has this can become an administrator.",
        _ADMINISTRATORS,
    ),
    Permission(
        MANAGE_ROLES,
        "Change which rights a role has. Whoever has this can become an administrator.",
        _ADMINISTRATORS,
    ),
)

"""Accounts, sessions, tokens, roles and sign-on."""

from cms_auth.events import (
    EndReason,
    PasswordChanged,
    RoleChanged,
    RoleDeleted,
    SessionEnded,
    UserChanged,
    UserCreated,
    UserDeleted,
    UserSignedIn,
)

__all__ = [
    "EndReason",
    "PasswordChanged",
    "RoleChanged",
    "RoleDeleted",
    "SessionEnded",
    "UserChanged",
    "UserCreated",
    "UserDeleted",
    "UserSignedIn",
]

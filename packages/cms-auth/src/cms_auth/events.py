"""What happens to accounts, sessions and roles, for other packages to react to.

`by` is the account that did it; None stands for the system: a command, an import.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from cms_core import Event


class EndReason(StrEnum):
    """Why a session ended before its time."""

    SIGNED_OUT = "signed-out"
    REVOKED = "revoked"  # by its owner, from another session
    REFRESH_TOKEN_REUSED = "refresh-token-reused"
    PASSWORD_CHANGED = "password-changed"
    ACCOUNT_DISABLED = "account-disabled"


@dataclass(frozen=True)
class UserEvent(Event):
    """Base of what happens to one account."""

    user_id: UUID

    @property
    def aggregate(self) -> str:
        return f"user:{self.user_id}"


@dataclass(frozen=True)
class UserSignedIn(UserEvent):
    """A session began."""

    session_id: UUID
    address: str


@dataclass(frozen=True)
class SessionEnded(UserEvent):
    """A session ended before it expired; none of its tokens is good any more."""

    session_id: UUID
    reason: EndReason


@dataclass(frozen=True)
class UserCreated(UserEvent):
    """There is a new account."""

    by: UUID | None


@dataclass(frozen=True)
class UserChanged(UserEvent):
    """Some of an account's fields have other values."""

    by: UUID | None
    fields: tuple[str, ...]


@dataclass(frozen=True)
class PasswordChanged(UserEvent):
    """An account has a new password."""

    by: UUID | None


@dataclass(frozen=True)
class UserDeleted(UserEvent):
    """An account is gone, with its sessions."""

    by: UUID | None


@dataclass(frozen=True)
class RoleEvent(Event):
    """Base of what happens to a role that the installation added."""

    role: str
    by: UUID | None

    @property
    def aggregate(self) -> str:
        return f"role:{self.role}"


@dataclass(frozen=True)
class RoleChanged(RoleEvent):
    """A role is new, or has other permissions or another description."""


@dataclass(frozen=True)
class RoleDeleted(RoleEvent):
    """A role is gone; no account had it."""

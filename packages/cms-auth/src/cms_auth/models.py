"""Tables of accounts, their sessions, and the roles that an installation adds."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, LargeBinary, String, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from cms_auth.naming import MAX_EMAIL, MAX_NAME
from cms_auth.rights import ADMIN
from cms_core import Base, Instant, Json, new_id

MAX_ROLE = 50
MAX_ADDRESS = 100
MAX_USER_AGENT = 200
MAX_DESCRIPTION = 500


class UserState(StrEnum):
    ACTIVE = "active"
    DISABLED = "disabled"  # can't sign in, has no sessions; its posts keep its name


class User(Base):
    """An account. Without a password nobody can sign in to it."""

    __tablename__ = "users"
    __table_args__ = (
        CheckConstraint("password_digest IS NULL OR email IS NOT NULL", name="reachable"),
        Index("ix_users_created_at", "created_at", "id"),
        Index("ix_users_name", "name", "id"),
        Index("ix_users_role", "role", "state"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    #: Bumped by every change that a client may make: the ETag. Signing in is none.
    version: Mapped[int] = mapped_column(Integer, default=1)
    #: Normalised; NULL for an account that an importer made.
    email: Mapped[str | None] = mapped_column(String(MAX_EMAIL), unique=True)
    name: Mapped[str] = mapped_column(String(MAX_NAME))
    role: Mapped[str] = mapped_column(String(MAX_ROLE))
    state: Mapped[UserState] = mapped_column(String(20), default=UserState.ACTIVE)
    password_digest: Mapped[str | None] = mapped_column(String(500))
    #: The name under which an importer asked for it: the next import finds it again.
    imported_as: Mapped[str | None] = mapped_column(String(MAX_NAME), unique=True)
    created_at: Mapped[datetime] = mapped_column(Instant)
    updated_at: Mapped[datetime] = mapped_column(Instant)
    last_login_at: Mapped[datetime | None] = mapped_column(Instant)

    @property
    def has_password(self) -> bool:
        """Whether a password opens it."""
        return self.password_digest is not None

    @property
    def administers(self) -> bool:
        """Whether its owner can do everything, and sign in to do so."""
        return self.role == ADMIN and self.state == UserState.ACTIVE and self.has_password


class UserSession(Base):
    """One sign-in and all that was refreshed from it. It lives until it ends or expires."""

    __tablename__ = "sessions"
    __table_args__ = (
        Index("ix_sessions_user_id", "user_id", "refreshed_at", "id"),
        Index("ix_sessions_expires_at", "expires_at"),
        Index("ix_sessions_ended_at", "ended_at"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    created_at: Mapped[datetime] = mapped_column(Instant)
    refreshed_at: Mapped[datetime] = mapped_column(Instant)
    #: Moved forward by each refresh, up to the longest life of a session.
    expires_at: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    #: Where it began; for IPv6 the network of the host.
    address: Mapped[str] = mapped_column(String(MAX_ADDRESS))
    user_agent: Mapped[str] = mapped_column(String(MAX_USER_AGENT))


class RefreshToken(Base):
    """A token of a session's family; only its digest is known here. Each may be used once."""

    __tablename__ = "refresh_tokens"

    digest: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    session_id: Mapped[UUID] = mapped_column(
        ForeignKey("sessions.id", ondelete="CASCADE"), index=True
    )
    created_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant, index=True)
    used_at: Mapped[datetime | None] = mapped_column(Instant)


class Role(Base):
    """A role that the installation added; the built-in ones are computed from the plugins."""

    __tablename__ = "roles"

    name: Mapped[str] = mapped_column(String(MAX_ROLE), primary_key=True)
    version: Mapped[int] = mapped_column(Integer, default=1)
    description: Mapped[str] = mapped_column(String(MAX_DESCRIPTION), default="")
    #: Keys of permissions, sorted; those of absent plugins are kept and have no effect.
    permissions: Mapped[list[str]] = mapped_column(Json, default=list)


MODELS: tuple[type[Base], ...] = (User, UserSession, RefreshToken, Role)

"""One log line for each thing that happened to accounts, sessions and roles."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict

import structlog

from cms_auth.events import (
    PasswordChanged,
    RoleChanged,
    RoleDeleted,
    SessionEnded,
    UserChanged,
    UserCreated,
    UserDeleted,
    UserSignedIn,
)
from cms_core import CMS, Event, Subscriber, after_commit

log = structlog.get_logger(__name__)

#: None of them carries a secret, nor anything that somebody typed.
LOGGED: tuple[type[Event], ...] = (
    UserSignedIn,
    SessionEnded,
    UserCreated,
    UserChanged,
    PasswordChanged,
    UserDeleted,
    RoleChanged,
    RoleDeleted,
)


def log_subscribers() -> Sequence[Subscriber]:
    """Return one subscriber for each of them."""
    return [after_commit(kind, log_event) for kind in LOGGED]


async def log_event(_: CMS, event: Event) -> None:
    """Write the event's name and fields."""
    name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", type(event).__name__).lower()
    log.info(name, **{key: _plain(value) for key, value in asdict(event).items()})


def _plain(value: object) -> object:
    return value if value is None or isinstance(value, tuple) else str(value)

"""Lean reads without a transaction around them, each by itself.

To begin a snapshot and to end it costs as much as what is read in it. Without, nothing makes sure
that several reads see one moment: whoever opens such a session finds that out afterwards.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any, Protocol

from cms_core.db.reads import AnyRow, Read
from cms_core.db.session import SnapshotSession


class Ask(Protocol):
    """Runs one lean read in a moment of its own."""

    def __call__(self, read: Read, **parameters: Any) -> Awaitable[list[AnyRow]]: ...


class NeedsSnapshot(Exception):
    """More than lean reads was asked of a session that has nothing else."""


class LooseSession(SnapshotSession):
    """A session for `Read`s alone; it has no connection, and raises `NeedsSnapshot` without one."""

    def __init__(self, ask: Ask) -> None:
        # SQLAlchemy's part is left out: it would cost more than it is used.
        self.begin_collecting()
        self._ask = ask

    async def fetch(self, read: Read, **parameters: Any) -> list[AnyRow]:
        return await self._ask(read, **parameters)

    @property
    def sync_session(self) -> Any:  # type: ignore[override]  # all of SQLAlchemy's part asks for it
        raise NeedsSnapshot

    @property
    def _proxied(self) -> Any:  # type: ignore[override]  # likewise
        raise NeedsSnapshot

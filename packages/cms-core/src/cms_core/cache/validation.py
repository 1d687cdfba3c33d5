"""Asking whether entries are current: what both engines have to offer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from cms_core.batches import Then
from cms_core.cache.entry import Entry
from cms_core.overdue import Look


class Validator(Protocol):
    """Asks the database that commits; a replica would tell what was."""

    def trusts(self, entry: Entry) -> bool:
        """Whether the entry is known to be current without asking anybody."""

    def refresh(self) -> None:
        """Trust nothing that was learnt earlier in this turn of the event loop."""

    async def look(self, entry: Entry) -> Look:
        """Return a moment after this call with the generations of the entry's scopes.

        They may be left out where the moment's mark is the entry's. Raises `Unavailable`.
        """

    def ask(self, entries: Sequence[Entry], then: Then[Look]) -> None:
        """The same for some entries, and for who has no coroutine.

        `then` gets the moment, or what went wrong.
        """

    async def close(self) -> None:
        """Close the connection."""

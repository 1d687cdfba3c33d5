"""Ways to read wrongly."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from cms_core import Transaction


def never_wait(original: object) -> Any:
    """A reader does not care for what is overdue."""

    def waits_for(self: Any, look: object) -> dict[str, Any]:
        return {}

    return waits_for


def skip_locked(original: Callable[..., Awaitable[int]]) -> Any:
    """Readers pass over what others hold, as workers do."""

    async def apply_due(session: Transaction, *, limit: int, waiting: bool) -> int:
        return await original(session, limit=limit, waiting=False)

    return apply_due


def accept_gaps(original: object) -> Any:
    """A wall time that clocks skip is taken for some other moment."""
    from cms_scheduler.zones import resolve_leniently  # noqa: PLC0415 - only if it is planted

    return resolve_leniently

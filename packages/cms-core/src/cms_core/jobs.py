"""Jobs: what the worker does when it is due."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Select

if TYPE_CHECKING:
    from cms_core.app import CMS


@dataclass(frozen=True, slots=True)
class Job:
    """Work that the worker runs at least `every` so often, and sooner when it says so.

    `run(cms)` opens its own transactions, may be killed at any point and is simply run again: it
    must be idempotent. It returns True when more is waiting, to be run again at once.
    `next_due` selects one instant (or NULL): when there is something to do next, by the
    database's clock. The worker sleeps until the earliest, at most 30 s.
    `before_reads(cms)` is what a reader runs first when `next_due` is past: the same work, but it
    waits for rows that others hold, where a worker skips them, and gives up with `Unavailable`
    (``cms.db.run(work, lock_wait=1.0)``). It claims all its rows at once and in one order, or
    commits in between: readers of several processes run it together. It returns True when more is
    overdue than a reader should wait for.
    `backlog` selects two integers: how much is due now, and how much is parked after failures.
    """

    key: str
    run: Callable[[CMS], Awaitable[bool]]
    every: timedelta
    next_due: Select[Any] | None = None
    before_reads: Callable[[CMS], Awaitable[bool]] | None = None
    backlog: Select[Any] | None = None

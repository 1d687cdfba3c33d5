"""Faults that a campaign must notice, or it proves nothing.

Each replaces named functions of the shipped code, in the processes of one run only. The shipped
code knows nothing of them. A function that is gone or has another name stops the run.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from campaigns.campaign import Engine
from campaigns.planted import outbox, plan, reading

BOTH = (Engine.SQLITE, Engine.POSTGRESQL)

#: Gets what it replaces and returns the replacement.
Replace = Callable[[Any], Any]


class FaultTargetGone(Exception):
    """The fault can't be planted: the shipped code no longer has what it replaces."""


@dataclass(frozen=True, slots=True)
class Fault:
    """`replacements` are by target, as in ``cms_core.db.session:TransactionSession.emit``."""

    name: str
    campaign: str
    variant: str
    engines: tuple[Engine, ...]
    what: str
    replacements: Mapping[str, Replace]

    def plant(self) -> None:
        """Replace the targets in this process, and so in those that it forks.

        Raises `FaultTargetGone`.
        """
        for target, replace in self.replacements.items():
            holder, name = _resolve(target)
            setattr(holder, name, replace(getattr(holder, name)))


def _resolve(target: str) -> tuple[Any, str]:
    module, _, path = target.partition(":")
    *outer, name = path.split(".")
    try:
        holder: Any = importlib.import_module(module)
        for each in outer:
            holder = getattr(holder, each)
        getattr(holder, name)
    except (ImportError, AttributeError) as error:
        raise FaultTargetGone(f"{target}: {error}") from error
    return holder, name


_APPLYING = "cms_posts.service.applying"
_PLAN = "cms_posts.service.plan"
_SESSION = "cms_core.db.session"

_ALL = (
    Fault(
        "no-state-guard",
        campaign="due-posts",
        variant="calm",
        engines=(Engine.POSTGRESQL,),  # SQLite has one writer at a time: nobody can be faster
        what="what is due is looked at before the lock, and applied without looking again",
        replacements={
            f"{_APPLYING}:_claim": plan.claim_without_lock,
            f"{_APPLYING}:_due_heads": plan.look_then_lock,
            f"{_APPLYING}:_mark_applied": plan.mark_blindly,
            "cms_posts.service.live:LiveChange.is_needed": plan.always_needed,
        },
    ),
    Fault(
        "event-in-second-commit",
        campaign="due-posts",
        variant="kills",
        engines=BOTH,
        what="the outbox is written in a transaction after the one that publishes",
        replacements={
            f"{_SESSION}:enqueue": outbox.enqueue_later,
            f"{_SESSION}:TransactionSession.tell": outbox.write_then_tell,
        },
    ),
    Fault(
        "boundary-ignored",
        campaign="exact-reads",
        variant="no-worker",
        engines=BOTH,
        what="readers don't catch up with what is overdue",
        replacements={"cms_core.catchup:_Reader.waits_for": reading.never_wait},
    ),
    Fault(
        "catch-up-skips-locked",
        campaign="exact-reads",
        variant="stopped-worker",
        engines=(Engine.POSTGRESQL,),  # SQLite locks no rows
        what="readers who catch up skip the posts that others hold",
        replacements={"cms_scheduler.jobs:apply_due": reading.skip_locked},
    ),
    Fault(
        "no-version-guard",
        campaign="late-changes",
        variant="around",
        engines=BOTH,
        what="a change of the plan does not look whether it was applied",
        replacements={
            f"{_PLAN}:_lock_open": plan.lock_without_looking,
            f"{_PLAN}:_cancel": plan.cancel_blindly,
        },
    ),
    Fault(
        "workers-clock",
        campaign="clocks",
        variant="skewed",
        engines=BOTH,
        what="what is due is decided by the worker's clock",
        replacements={f"{_APPLYING}:_is_due": plan.due_by_own_clock},
    ),
    Fault(
        "gaps-accepted",
        campaign="time-zones",
        variant="all",
        engines=(Engine.SQLITE,),
        what="wall times that clocks skip are accepted",
        replacements={"cms_scheduler.zones:resolve": reading.accept_gaps},
    ),
    Fault(
        "outbox-outside-transaction",
        campaign="events",
        variant="kills",
        engines=BOTH,
        what="events are written to the outbox in transactions of their own",
        replacements={
            f"{_SESSION}:TransactionSession.emit": outbox.emit_aside,
            f"{_SESSION}:enqueue": outbox.enqueue_nothing,
        },
    ),
)
FAULTS = {fault.name: fault for fault in _ALL}

"""What the worker does when it is due: apply the plan, and keep it at its wall times."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from time import monotonic

import structlog

from cms_core import CMS, Invalid, Job, Transaction
from cms_posts import BACKLOG, NEXT_DUE, apply_due, replan_wall_times
from cms_scheduler.pace import Pace
from cms_scheduler.zones import RULES, resolve_leniently

log = structlog.get_logger(__name__)

#: Wall times in one transaction.
BATCH = 50
#: How much that is overdue a reader applies before it answers all the same.
READERS_SHARE = 200
#: Seconds that a reader waits for a post that somebody else holds.
READERS_PATIENCE = 1.0


async def apply_transitions(cms: CMS, pace: Pace) -> bool:
    """Apply what is due, but for posts that others hold: they are applying it."""

    async def work(session: Transaction) -> int:
        return await apply_due(session, limit=pace.batch, waiting=False)

    begin = monotonic()
    handled = await cms.db.run(work)
    pace.learn(handled, monotonic() - begin)
    return handled > 0


async def catch_up(cms: CMS, share: int = READERS_SHARE) -> bool:
    """Apply what is overdue before a reader answers; True when there was more than its share."""
    left = share
    # Again and again, as a post may have several. Each time in a transaction of its own: who kept
    # posts locked and waited for more would deadlock with the readers of other processes.
    while left:
        work = partial(apply_due, limit=left, waiting=True)
        handled = await cms.db.run(work, lock_wait=READERS_PATIENCE)
        if not handled:
            break
        left -= handled
    return left == 0


async def follow_zone_rules(cms: CMS) -> bool:
    """Derive the instants of planned wall times anew that older rules gave."""

    async def work(session: Transaction) -> int:
        return await replan_wall_times(session, _derive, RULES, BATCH)

    return await cms.db.run(work) == BATCH


def _derive(local: str, time_zone: str) -> datetime | None:
    """The instant by the present rules; None for a zone that was imported and nobody knows."""
    try:
        return resolve_leniently(local, time_zone)
    except Invalid as error:
        log.warning("wall_time_not_derived", local=local, time_zone=time_zone, reason=str(error))
        return None


def scheduler_jobs() -> Sequence[Job]:
    """Return the jobs of one CMS."""
    return (
        Job(
            "scheduler:transitions",
            partial(apply_transitions, pace=Pace()),
            every=timedelta(seconds=30),
            next_due=NEXT_DUE,
            before_reads=catch_up,
            backlog=BACKLOG,
        ),
        # New rules are a new job: due as soon as a worker has them, whenever older ones ran.
        Job(f"scheduler:zones:{RULES}", follow_zone_rules, every=timedelta(hours=1)),
    )

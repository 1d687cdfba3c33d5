"""Plans at a wall time keep it: when the rules of a zone change, the instant moves."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from cms_core import Transaction
from cms_posts.models import Post, PostTransition
from cms_posts.queries import find_transition, lock_posts, stale_wall_times
from cms_posts.service.plan import announce_plan, clock

#: The instant of a wall time in a zone; None where the rules know no such time or zone.
Resolve = Callable[[str, str], datetime | None]


async def replan_wall_times(session: Transaction, resolve: Resolve, rules: str, limit: int) -> int:
    """Derive up to `limit` planned instants anew that older rules of time zones gave.

    `resolve` knows the rules of release `rules`, such as ``2026b``; a process with an older release
    never takes back what a newer one did. Returns how many were looked at.
    """
    found = await stale_wall_times(session, rules, limit)
    posts = await lock_posts(session, [post_id for _, post_id in found])
    for id, post_id in found:
        transition = await find_transition(session, post_id, id)
        if transition is not None and post_id in posts:
            await _derive(session, posts[post_id], transition, resolve, rules)
    await session.flush()
    return len(found)


async def _derive(
    session: Transaction, post: Post, transition: PostTransition, resolve: Resolve, rules: str
) -> None:
    # Applied, cancelled or moved since it was found, before its post was locked.
    if transition.try_at is None or transition.zone_rules is None:
        return
    # Whatever comes of it: what can't be derived keeps its instant, and is not looked at again.
    transition.zone_rules = rules
    at = resolve(transition.local or "", transition.time_zone or "")
    if at is not None and at != transition.due_at:
        transition.due_at = transition.try_at = at
        transition.version += 1
        await announce_plan(session, post, transition, transition.created_by, await clock(session))

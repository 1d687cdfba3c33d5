"""Which plans make sense: each transition has a moment of its own, and something to change."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import UUID

from cms_posts.errors import PlanInPast, SameInstant, UnpublishBeforePublish
from cms_posts.models import Post, PostTransition, TransitionAction


def must_be_ahead(
    transition: PostTransition, others: Iterable[PostTransition], now: datetime
) -> None:
    """Raise `PlanInPast` or `SameInstant` unless the transition has a moment of its own to come."""
    if transition.due_at <= now:
        raise PlanInPast.at("/at", "an instant to come")
    if any(each.due_at == transition.due_at for each in others):
        raise SameInstant.at("/at", "another planned transition of the post is at this instant")


def must_be_live(
    post: Post, plan: Iterable[PostTransition], tolerated: Collection[UUID] = ()
) -> None:
    """Raise `UnpublishBeforePublish` where the plan takes the post down while it is not live.

    `tolerated` are those that did so before the change that is checked: they were left behind when
    a publication was cancelled, which is always allowed.
    """
    if idle_takedowns(post, plan).difference(tolerated):
        raise UnpublishBeforePublish.at("/at", "an instant at which the post is live")


def idle_takedowns(post: Post, plan: Iterable[PostTransition]) -> set[UUID]:
    """The planned takings down of a post that is not live then."""
    found, live = set(), post.published_revision is not None
    for each in sorted(plan, key=lambda each: (each.due_at, each.id)):
        publishes = each.action == TransitionAction.PUBLISH
        if not publishes and not live:
            found.add(each.id)
        live = publishes
    return found

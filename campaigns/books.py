"""What the database holds when everything is over, and what it says about the promise."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from campaigns.ledger.models import Publication
from campaigns.planting import Planted
from campaigns.violations import Violations
from cms_core import CMS
from cms_core.db.outbox import OutboxRow
from cms_posts.models import PostTransition, PublishedPost, TransitionState

PUBLICATIONS = "ledger:publications"


@dataclass(frozen=True, slots=True)
class Live:
    revision: int
    published_at: datetime


@dataclass(frozen=True, slots=True)
class Transition:
    state: TransitionState
    due_at: datetime
    applied_at: datetime | None


@dataclass(frozen=True, slots=True)
class Books:
    """All that is known of the posts, by their ids."""

    live: Mapping[UUID, Live]
    #: By transition.
    plan: Mapping[UUID, Transition]
    #: The ledger's rows: revision and moment.
    publications: Mapping[UUID, Sequence[tuple[int, datetime]]]
    #: How many events wait in the outbox.
    events: Mapping[UUID, int]


async def read_books(cms: CMS) -> Books:
    """Read the tables. Closes the CMS."""
    async with cms.db.snapshot() as session:
        shown = select(PublishedPost.post_id, PublishedPost.revision, PublishedPost.published_at)
        live = {id: Live(revision, at) for id, revision, at in await session.execute(shown)}
        planned = select(
            PostTransition.id,
            PostTransition.state,
            PostTransition.due_at,
            PostTransition.applied_at,
        )
        plan = {
            id: Transition(TransitionState(state), due_at, applied_at)
            for id, state, due_at, applied_at in await session.execute(planned)
        }
        publications: dict[UUID, list[tuple[int, datetime]]] = {}
        ledger = select(Publication.post_id, Publication.revision, Publication.at)
        for id, revision, at in await session.execute(ledger.order_by(Publication.id)):
            publications.setdefault(id, []).append((revision, at))
        waiting = select(OutboxRow.payload).where(OutboxRow.subscriber == PUBLICATIONS)
        events = Counter(UUID(each["post_id"]) for each in await session.scalars(waiting))
    await cms.close()
    return Books(live, plan, publications, events)


def judge_publications(
    planted: Sequence[Planted], books: Books, seen: Mapping[UUID, datetime]
) -> Violations:
    """Hold every post against: live once, never early, with one event, under its own date."""
    found = Violations("lost", "doubled", "early", "events_lost", "wrong_date")
    for post in planted:
        for kind in _broken(post, books, seen):
            found.note(kind, f"post {post.post_id}, due {post.due_at.isoformat()}")
    return found


def _broken(post: Planted, books: Books, seen: Mapping[UUID, datetime]) -> list[str]:
    id, due = post.post_id, post.due_at
    live, transition = books.live.get(id), books.plan[post.transition_id]
    published, events = books.publications.get(id, ()), books.events.get(id, 0)
    moments = [seen.get(id), transition.applied_at, *(at for _, at in published)]
    checks = {
        "lost": live is None or transition.state is not TransitionState.APPLIED,
        "doubled": len(published) > 1 or events > 1,
        "early": any(moment is not None and moment < due for moment in moments),
        "events_lost": live is not None and (events == 0 or not published),
        "wrong_date": live is not None and (live.published_at, live.revision) != (due, 1),
    }
    return [kind for kind, broken in checks.items() if broken]


def lateness(planted: Sequence[Planted], seen: Mapping[UUID, datetime]) -> dict[str, float]:
    """How many seconds after their instants posts were seen: median, 99th percentile, most."""
    late = sorted(
        (seen[each.post_id] - each.due_at).total_seconds()
        for each in planted
        if each.post_id in seen
    )
    if not late:
        return {}
    at = {"late_p50": 0.5, "late_p99": 0.99, "late_max": 1.0}
    return {name: late[min(int(len(late) * part), len(late) - 1)] for name, part in at.items()}

"""Cancels, moves and edits sent around the instant of a post, and what each answer promises."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from httpx2 import AsyncClient, Response

from campaigns.books import Books
from campaigns.planting import Planted
from campaigns.violations import Violations
from cms_posts.models import TransitionState

#: How far publications are moved: some are to happen soon, some not while anybody looks.
SOON = timedelta(seconds=4)
FAR = timedelta(hours=1)


class Kind(StrEnum):
    CANCEL = "cancel"
    POSTPONE = "postpone"  # to soon after
    PUT_OFF = "put off"  # to long after
    REPIN = "repin"  # another revision shall be published
    EDIT = "edit"  # a new revision, which must not be published


WEIGHTS = {Kind.CANCEL: 35, Kind.POSTPONE: 15, Kind.PUT_OFF: 20, Kind.REPIN: 15, Kind.EDIT: 15}


@dataclass(frozen=True, slots=True)
class Change:
    """One request and the instant that it races against."""

    post: Planted
    kind: Kind

    @property
    def moved_to(self) -> datetime:
        """When the post is due if the change is obeyed."""
        added = {Kind.POSTPONE: SOON, Kind.PUT_OFF: FAR}.get(self.kind, timedelta())
        return self.post.due_at + added

    async def send(self, client: AsyncClient) -> Response:
        """Ask for it."""
        post = f"/api/v1/admin/posts/{self.post.post_id}"
        transition = f"{post}/schedule/{self.post.transition_id}"
        if self.kind is Kind.CANCEL:
            return await client.delete(transition)
        if self.kind is Kind.REPIN:
            return await client.patch(transition, json={"revision": 2})
        if self.kind is Kind.EDIT:
            return await client.patch(post, json={"title": f"Edited {self.post.slug}"})
        return await client.patch(transition, json={"at": self.moved_to.isoformat()})


class Answered(StrEnum):
    OBEYED = "obeyed"
    TOO_LATE = "too late"
    #: 503: the client does not know, and asks again; here nobody does.
    UNKNOWN = "unknown"
    WRONG = "wrong"


def understand(answer: Response) -> Answered:
    """What a client learns from an answer."""
    if answer.status_code in (200, 204):
        return Answered.OBEYED
    if answer.status_code == 409 and answer.json()["code"] == "already-applied":
        return Answered.TOO_LATE
    return Answered.UNKNOWN if answer.status_code == 503 else Answered.WRONG


def judge_changes(
    answers: Sequence[tuple[Change, Answered]],
    books: Books,
    titles: Mapping[tuple[UUID, int], str],
) -> Violations:
    """Hold what happened against what was answered; `titles` are those of all revisions."""
    found = Violations(
        "published_after_cancel",
        "published_before_moved_instant",
        "wrong_revision",
        "edit_lost",
        "early",
        "doubled",
        "lost",
        "wrong_answer",
    )
    for change, answered in answers:
        for kind in _broken(change, answered, books, titles):
            found.note(kind, f"{change.kind} was {answered}, post {change.post.post_id}")
    return found


def _broken(
    change: Change, answered: Answered, books: Books, titles: Mapping[tuple[UUID, int], str]
) -> list[str]:
    id, obeyed = change.post.post_id, answered is Answered.OBEYED
    published = books.publications.get(id, ())
    cancelled = obeyed and change.kind is Kind.CANCEL
    moved = obeyed and change.kind in (Kind.POSTPONE, Kind.PUT_OFF)
    stays_hidden = cancelled or (obeyed and change.kind is Kind.PUT_OFF)
    revision = 2 if obeyed and change.kind is Kind.REPIN else 1
    known = answered in (Answered.OBEYED, Answered.TOO_LATE)
    edited = titles.get((id, 3)) if obeyed and change.kind is Kind.EDIT else None
    checks = {
        "published_after_cancel": cancelled and bool(published),
        "published_before_moved_instant": moved and _any_before(published, change.moved_to),
        "wrong_revision": known and any(number != revision for number, _ in published),
        "edit_lost": obeyed and change.kind is Kind.EDIT and edited != f"Edited {change.post.slug}",
        "early": _any_before(published, change.post.due_at),
        "doubled": len(published) > 1,
        "lost": known and not stays_hidden and not published,
        "wrong_answer": answered is Answered.WRONG or _disagrees(change, answered, books),
    }
    return [kind for kind, broken in checks.items() if broken]


def _any_before(published: Sequence[tuple[int, datetime]], instant: datetime) -> bool:
    return any(at < instant for _, at in published)


def _disagrees(change: Change, answered: Answered, books: Books) -> bool:
    """Whether the plan says something else than the client was told."""
    state = books.plan[change.post.transition_id].state
    if answered is Answered.TOO_LATE:
        return state is not TransitionState.APPLIED
    if answered is Answered.OBEYED and change.kind is Kind.CANCEL:
        return state is not TransitionState.CANCELLED
    return False

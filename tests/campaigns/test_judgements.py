"""The judges see what they are there for: each kind of violation is told from the others."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from campaigns import events
from campaigns.books import Books, Live, Transition, judge_publications, lateness
from campaigns.changes import Answered, Change, Kind, judge_changes
from campaigns.ledger.subscribers import RECEIVERS, Note
from campaigns.planting import Planted

from cms_posts.models import TransitionState

DUE = datetime(2026, 11, 23, 12, tzinfo=UTC)
LATE, EARLY = DUE + timedelta(milliseconds=40), DUE - timedelta(milliseconds=1)
POST = Planted(uuid4(), uuid4(), "post", "tag", DUE)
APPLIED = Transition(TransitionState.APPLIED, DUE, LATE)
PUBLISHED = Books(
    live={POST.post_id: Live(1, DUE)},
    plan={POST.transition_id: APPLIED},
    publications={POST.post_id: [(1, LATE)]},
    events={POST.post_id: 1},
)


def applied(state: TransitionState = TransitionState.APPLIED, at: datetime = LATE) -> Books:
    return replace(PUBLISHED, plan={POST.transition_id: Transition(state, DUE, at)})


def published(*moments: datetime) -> Books:
    return replace(PUBLISHED, publications={POST.post_id: [(1, at) for at in moments]})


def kinds(books: Books, seen: datetime = LATE) -> set[str]:
    counts = judge_publications([POST], books, {POST.post_id: seen}).counts
    return {kind for kind, count in counts.items() if count}


def test_a_post_published_once_and_in_time_breaks_nothing() -> None:
    assert kinds(PUBLISHED) == set()


@pytest.mark.parametrize(
    ("books", "broken"),
    [
        (replace(PUBLISHED, live={}), {"lost"}),
        (applied(TransitionState.PLANNED), {"lost"}),
        (published(LATE, LATE), {"doubled"}),
        (replace(PUBLISHED, events={POST.post_id: 2}), {"doubled"}),
        (replace(PUBLISHED, events={}), {"events_lost"}),
        (published(EARLY), {"early"}),
        (applied(at=EARLY), {"early"}),
        (replace(PUBLISHED, live={POST.post_id: Live(1, LATE)}), {"wrong_date"}),
    ],
)
def test_what_is_wrong_with_a_publication_is_named(books: Books, broken: set[str]) -> None:
    assert kinds(books) == broken


def test_a_post_seen_before_its_instant_is_early() -> None:
    assert kinds(PUBLISHED, seen=EARLY) == {"early"}


def test_lateness_is_told_in_seconds() -> None:
    late = lateness([POST], {POST.post_id: LATE})

    assert late == {"late_p50": 0.04, "late_p99": 0.04, "late_max": 0.04}


def of_change(kind: Kind, answered: Answered, books: Books, title: str = "") -> set[str]:
    titles = {(POST.post_id, 3): title}
    counts = judge_changes([(Change(POST, kind), answered)], books, titles).counts
    return {each for each, count in counts.items() if count}


CANCELLED = Books(
    live={},
    plan={POST.transition_id: Transition(TransitionState.CANCELLED, DUE, None)},
    publications={},
    events={},
)


@pytest.mark.parametrize(
    ("kind", "answered", "books", "broken"),
    [
        (Kind.CANCEL, Answered.OBEYED, CANCELLED, set()),
        (Kind.CANCEL, Answered.TOO_LATE, PUBLISHED, set()),
        (Kind.CANCEL, Answered.OBEYED, PUBLISHED, {"published_after_cancel", "wrong_answer"}),
        (Kind.CANCEL, Answered.TOO_LATE, CANCELLED, {"lost", "wrong_answer"}),
        (Kind.CANCEL, Answered.UNKNOWN, PUBLISHED, set()),
        (Kind.CANCEL, Answered.WRONG, PUBLISHED, {"wrong_answer"}),
        (Kind.PUT_OFF, Answered.OBEYED, PUBLISHED, {"published_before_moved_instant"}),
        (Kind.POSTPONE, Answered.OBEYED, PUBLISHED, {"published_before_moved_instant"}),
        (Kind.REPIN, Answered.OBEYED, PUBLISHED, {"wrong_revision"}),
        (Kind.REPIN, Answered.TOO_LATE, PUBLISHED, set()),
    ],
)
def test_what_is_wrong_with_an_answer_is_named(
    kind: Kind, answered: Answered, books: Books, broken: set[str]
) -> None:
    assert of_change(kind, answered, books) == broken


def test_an_acknowledged_edit_must_be_there() -> None:
    assert of_change(Kind.EDIT, Answered.OBEYED, PUBLISHED, "Edited post") == set()
    assert of_change(Kind.EDIT, Answered.OBEYED, PUBLISHED, "Another") == {"edit_lost"}


FIRST, SECOND = uuid4(), uuid4()
COMMITTED = {FIRST: (1, 1), SECOND: (1, 2)}


def told(receiver: str, *tokens: UUID) -> list[Note]:
    return [Note(receiver, what, token, token) for token in tokens for what in ("told", "done")]


def of_notes(notes: list[Note]) -> set[str]:
    """What is wrong when the first receiver noted this, and the others did well."""
    others = [note for each in RECEIVERS[1:] for note in told(each.key, FIRST, SECOND)]
    counts = events.judge(COMMITTED, [*notes, *others]).counts
    return {kind for kind, count in counts.items() if count}


KEY = RECEIVERS[0].key


@pytest.mark.parametrize(
    ("notes", "broken"),
    [
        (told(KEY, FIRST, SECOND), set()),
        (told(KEY, FIRST, FIRST, SECOND, FIRST), set()),
        (told(KEY, FIRST), {"lost"}),
        (told(KEY, SECOND, FIRST), {"out_of_order"}),
        ([*told(KEY, FIRST, SECOND), Note(KEY, "told", uuid4(), uuid4())], {"invented"}),
        ([*told(KEY, FIRST, SECOND), Note(KEY, "told", FIRST, uuid4())], {"unstable_ids"}),
    ],
)
def test_what_is_wrong_with_deliveries_is_named(notes: list[Note], broken: set[str]) -> None:
    assert of_notes(notes) == broken

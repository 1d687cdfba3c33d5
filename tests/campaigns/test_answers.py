"""What the campaigns of published content hold against answers."""

from __future__ import annotations

import json

import pytest
from campaigns.cached_uncached import differences
from campaigns.gauges import words_of
from campaigns.leaving import fault_of
from campaigns.markers import Markers
from campaigns.precision import Tally
from campaigns.wire import Answer, Request

ASKED = Request("/api/v1/posts/sea", (("X-Request-Id", "honest-1"),))
ID = ("x-request-id", "honest-1")
ONE = Answer(200, (("etag", '"a"'), ("age", "0")), b"sea")


def kinds(other: Answer) -> set[str]:
    return {kind for kind, _ in differences(ONE, other)}


def test_answers_may_differ_in_how_they_came() -> None:
    assert kinds(Answer(200, (("cache-status", "cms; fwd=miss"), ("etag", '"a"')), b"sea")) == set()


@pytest.mark.parametrize(
    ("other", "found"),
    [
        (Answer(404, ONE.headers, b"sea"), {"status"}),
        (Answer(200, ONE.headers, b"land"), {"body"}),
        (Answer(200, (("etag", '"b"'),), b"sea"), {"headers"}),
        (Answer(200, (), b"sea"), {"headers"}),
        (Answer(200, (*ONE.headers, ("etag", '"a"')), b"sea"), {"headers"}),
    ],
)
def test_every_other_difference_is_told(other: Answer, found: set[str]) -> None:
    assert kinds(other) == found


def test_an_answer_belongs_to_its_request() -> None:
    assert fault_of(ASKED, Answer(200, (ID,), b'{"slug": "sea"}')) is None


@pytest.mark.parametrize(
    "foreign",
    [
        Answer(200, (("x-request-id", "honest-2"),), b'{"slug": "sea"}'),
        Answer(200, (ID,), b'{"slug": "land"}'),
        Answer(200, (ID,), b'{"slug": "sea"}{"slug'),
        Answer(200, (ID,), json.dumps({"slug": "sea", "words": words_of("land")}).encode()),
        Answer(404, (ID,), b"{}"),
    ],
)
def test_an_answer_to_somebody_else_is_noticed(foreign: Answer) -> None:
    assert fault_of(ASKED, foreign)


def test_a_secret_is_found_unless_it_was_sent() -> None:
    markers = Markers()
    secret, name = markers.word("draft"), markers.word("slug")
    request = Request(f"/api/v1/posts/{name.upper()}")

    found = markers.in_answer(f"{secret.title()} {name}".encode(), request)

    assert found == {secret.encode()}


def test_a_stored_secret_is_found_unless_it_was_public_or_asked_for() -> None:
    markers = Markers()
    secret, shown, asked = (markers.word("draft") for _ in range(3))
    markers.publish([shown])
    markers.learn(Request(f"/api/v1/posts?tag={asked}"))
    markers.others[b"$argon2id$x"] = "a digest"

    found = markers.in_store(f"{secret} {shown} {asked} $argon2id$x".encode())

    assert found == {secret.encode(), b"a digest"}


def test_a_change_that_sweeps_lists_away_is_noticed() -> None:
    tally = Tally()
    tally.judge(["a"], ["b"] * 95, 100)
    tally.judge(["a"], ["b"] * 89, 100)
    tally.judge(["a"], ["a"] * 95, 100)

    assert tally.found.counts == {"not_warm": 0, "swept_away": 1, "stale": 1}

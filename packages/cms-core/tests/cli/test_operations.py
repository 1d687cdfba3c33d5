"""``cms jobs`` and ``cms outbox``: what operators see of the work behind the scenes, and mend."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import typer.testing

from cms_core.ids import new_id
from cms_core.settings import random_secret

Cms = Callable[..., tuple[int, str, str]]
LONG_AGO = "2026-01-01T00:00:00.000000Z"


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CMS_SECRET_KEY", random_secret())


@pytest.fixture
def put(cms: Cms, data: Path) -> Callable[..., int]:
    """``put(subscriber, parked=False)`` writes a delivery and returns its id."""
    cms("db", "upgrade")

    def put(subscriber: str = "mail", *, parked: bool = False, event: str = "x.Y") -> int:
        due, attempts = (None, 30) if parked else (LONG_AGO, 0)
        row = (new_id().hex, event, "x", subscriber, "{}", LONG_AGO, due, attempts)
        columns = "event_id, event, aggregate, subscriber, payload, created_at, due_at, attempts"
        with closing(sqlite3.connect(data / "cms.sqlite3")) as file, file:
            marks = ", ".join("?" * len(row))
            done = file.execute(f"INSERT INTO outbox ({columns}) VALUES ({marks})", row)
            return int(done.lastrowid or 0)

    return put


def listed(cms: Cms, *options: str) -> list[tuple[int, str]]:
    items = json.loads(cms("outbox", "list", "--json", *options)[1])
    return [(item["id"], item["state"]) for item in items]


def test_jobs_are_shown_with_how_they_went_and_who_did_them(cms: Cms) -> None:
    assert cms("worker", "--once")[0] == 0
    code, out, _ = cms("jobs")
    assert code == 0
    lines = [line.split() for line in out.splitlines() if line]
    assert lines[1][0] == "core:prune"
    assert lines[1][-1] == "succeeded"
    assert lines[3][-1] == "alive"
    assert out.endswith("Publications are late by 0.0 s.\n")


def test_jobs_as_json_are_those_of_the_api(cms: Cms) -> None:
    cms("worker", "--once")
    shown = json.loads(cms("jobs", "--json")[1])
    assert shown.keys() == {"publish_lag_seconds", "items", "workers", "outbox"}
    (prune,) = shown["items"]
    assert prune["lag_seconds"] == 0
    assert [run["outcome"] for run in prune["history"]] == ["succeeded"]


def test_deliveries_are_listed_by_state_and_subscriber(cms: Cms, put: Callable[..., int]) -> None:
    waiting, parked, other = put(), put(parked=True), put("search", parked=True)
    assert listed(cms) == [(waiting, "waiting"), (parked, "parked"), (other, "parked")]
    assert listed(cms, "--parked") == [(parked, "parked"), (other, "parked")]
    assert listed(cms, "--parked", "--subscriber", "mail") == [(parked, "parked")]
    assert cms("outbox", "list")[1].splitlines()[2].split()[:2] == [str(parked), "mail"]


def test_a_list_that_is_cut_off_says_so(cms: Cms, put: Callable[..., int]) -> None:
    put()
    put()
    _, out, err = cms("outbox", "list", "--limit", "1")
    assert len(out.splitlines()) == 2
    assert err == "There are more; show them with --limit 10\n"


def test_parked_deliveries_are_replayed_all_or_some(cms: Cms, put: Callable[..., int]) -> None:
    first, second = put(parked=True), put(parked=True)
    third, fourth = put("search", parked=True), put("search", parked=True, event="x.Z")
    assert cms("outbox", "replay", str(first))[1] == "Due again: 1\n"
    assert listed(cms, "--parked") == [(each, "parked") for each in (second, third, fourth)]
    assert cms("outbox", "replay", "--subscriber", "search", "--event", "x.Z")[1][-2] == "1"
    assert listed(cms, "--parked") == [(second, "parked"), (third, "parked")]
    assert cms("outbox", "replay")[1] == "Due again: 2\n"


def test_a_delivery_is_discarded_after_a_question(cms: Cms, put: Callable[..., int]) -> None:
    id = put(parked=True)
    with answering("n\n"):
        assert cms("outbox", "discard", str(id))[0] == 1
    assert listed(cms) == [(id, "parked")]
    with answering("y\n"):
        assert cms("outbox", "discard", str(id))[0] == 0
    assert listed(cms) == []


def test_several_are_discarded_or_none(cms: Cms, put: Callable[..., int]) -> None:
    id = put()
    code, _, err = cms("outbox", "discard", str(id), "4711", "--yes")
    assert (code, err) == (1, "Error: No delivery has the id 4711: it arrived or was discarded.\n")
    assert listed(cms) == [(id, "waiting")]
    assert cms("outbox", "discard", str(id), "--yes")[:2] == (0, "Discarded: 1\n")


@contextmanager
def answering(text: str) -> Iterator[None]:
    """Let the terminal say this to whatever asks."""
    with typer.testing.CliRunner().isolation(input=text):
        yield

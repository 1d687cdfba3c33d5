"""Plans that can't be: each is told what is wrong with it, and changes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pytest
from httpx2 import AsyncClient

from cms_core.testing.recorders import EventRecorder

if TYPE_CHECKING:
    from tests.conftest import Plan, Write

LATER = "2036-03-01T08:00:00Z"
SKIPPED = {"local": "2027-03-28T02:30", "time_zone": "Europe/Paris"}
NOON = {"local": "2036-03-01T12:00", "time_zone": "Europe/Paris"}


async def _state(client: AsyncClient, post: Mapping[str, Any]) -> list[Any]:
    """All that there is to see of a post and its plan."""
    path = f"/posts/{post['id']}"
    states = "state=planned&state=applied&state=cancelled&state=failed&limit=100"
    answers = [await client.get(path), await client.get(f"{path}/schedule?{states}")]
    return [(answer.headers["etag"], answer.json()) for answer in answers]


@pytest.mark.parametrize(
    ("change", "code", "pointer"),
    [
        ({"at": "2020-01-01T00:00:00Z"}, "plan-in-past", "/at"),
        ({"at": "0001-01-01T00:00:00Z"}, "plan-in-past", "/at"),
        ({"at": NOON | {"local": "2020-01-01T12:00"}}, "plan-in-past", "/at"),
        ({"action": "unpublish"}, "unpublish-before-publish", "/at"),
        ({"revision": 2}, "unknown-revision", "/revision"),
        ({"revision": 0}, "invalid", "/revision"),
        ({"revision": -1}, "invalid", "/revision"),
        ({"revision": 2**31}, "invalid", "/revision"),
        ({"revision": "1"}, "invalid", "/revision"),
        ({"revision": 1.0}, "invalid", "/revision"),
        ({"at": "2036-03-01T08:00:00"}, "invalid", "/at"),
        ({"at": "2036-03-01"}, "invalid", "/at"),
        ({"at": "tomorrow"}, "invalid", "/at"),
        ({"at": 2088000000}, "invalid", "/at"),
        ({"at": None}, "invalid", "/at"),
        ({"at": []}, "invalid", "/at"),
        ({"at": {}}, "invalid", "/at/local"),
        ({"at": NOON | {"offset": "+01:00"}}, "invalid", "/at/offset"),
        ({"at": NOON | {"local": "2036-03-01T12:00Z"}}, "bad-local-time", "/at/local"),
        ({"at": NOON | {"local": "2036-02-30T12:00"}}, "bad-local-time", "/at/local"),
        ({"at": NOON | {"local": "1" * 31}}, "invalid", "/at/local"),
        ({"at": NOON | {"local": 5}}, "invalid", "/at/local"),
        ({"at": NOON | {"time_zone": "Europe/Atlantis"}}, "unknown-time-zone", "/at/time_zone"),
        ({"at": NOON | {"time_zone": "../zones"}}, "unknown-time-zone", "/at/time_zone"),
        ({"at": NOON | {"time_zone": "x" * 101}}, "invalid", "/at/time_zone"),
        ({"at": SKIPPED}, "skipped-local-time", "/at/local"),
        ({"action": "delete"}, "invalid", "/action"),
        ({"action": None}, "invalid", "/action"),
        ({"note": "soon"}, "invalid", "/note"),
    ],
)
async def test_it_is_refused_and_nothing_has_changed(
    ada: AsyncClient,
    write: Write,
    cms_events: EventRecorder,
    change: dict[str, Any],
    code: str,
    pointer: str,
) -> None:
    post = await write(ada)
    before, told = await _state(ada, post), len(cms_events.committed)
    body = {"action": "publish", "at": LATER, **change}

    refused = await ada.post(f"/posts/{post['id']}/schedule", json=body)

    problem = refused.json()
    assert (refused.status_code, problem["code"]) == (422, code), problem
    assert pointer in [error["pointer"] for error in problem["errors"]]
    assert await _state(ada, post) == before
    assert len(cms_events.committed) == told


async def test_a_time_that_is_skipped_is_told_with_its_neighbours(
    ada: AsyncClient, write: Write
) -> None:
    path = f"/posts/{(await write(ada))['id']}/schedule"

    refused = await ada.post(path, json={"action": "publish", "at": SKIPPED})

    assert "2027-03-28T01:59:59" in refused.json()["detail"]
    assert "2027-03-28T03:00:00" in refused.json()["detail"]


async def test_a_revision_number_of_another_post_is_unknown(ada: AsyncClient, write: Write) -> None:
    post, other = await write(ada), await write(ada)
    for title in ("Two", "Three"):
        await ada.patch(f"/posts/{other['id']}", json={"title": title})
    before = await _state(ada, post)

    refused = await ada.post(
        f"/posts/{post['id']}/schedule", json={"action": "publish", "at": LATER, "revision": 3}
    )

    assert refused.json()["code"] == "unknown-revision"
    assert await _state(ada, post) == before


async def test_a_takedown_has_no_revision(ada: AsyncClient, write: Write) -> None:
    post = await write(ada, live=True)
    body = {"action": "unpublish", "at": LATER, "revision": 1}

    refused = await ada.post(f"/posts/{post['id']}/schedule", json=body)

    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/revision")


async def test_two_transitions_at_one_instant_are_refused(
    ada: AsyncClient, write: Write, plan: Plan
) -> None:
    post = await write(ada)
    await plan(ada, post, at=LATER)
    before = await _state(ada, post)

    refused = await ada.post(
        f"/posts/{post['id']}/schedule",
        json={"action": "unpublish", "at": "2036-03-01T09:00:00+01:00"},
    )

    assert (refused.status_code, refused.json()["code"]) == (422, "same-instant")
    assert await _state(ada, post) == before


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"at": "2020-01-01T00:00:00Z"}, "plan-in-past"),
        ({"at": "2036-03-01T08:00:00"}, "invalid"),
        ({"at": SKIPPED}, "skipped-local-time"),
        ({"at": NOON | {"time_zone": "localtime"}}, "unknown-time-zone"),
        ({"revision": 7}, "unknown-revision"),
        ({"at": "2036-07-01T08:00:00Z"}, "unpublish-before-publish"),
        ({"at": "2036-06-01T08:00:00Z"}, "same-instant"),
        ({"action": "unpublish"}, "invalid"),
    ],
)
async def test_a_bad_move_changes_nothing(
    ada: AsyncClient, write: Write, plan: Plan, body: dict[str, Any], code: str
) -> None:
    post = await write(ada)
    transition = await plan(ada, post, at=LATER)
    await plan(ada, post, at="2036-06-01T08:00:00Z", action="unpublish")
    before = await _state(ada, post)

    refused = await ada.patch(f"/posts/{post['id']}/schedule/{transition['id']}", json=body)

    assert (refused.status_code, refused.json()["code"]) == (422, code)
    assert await _state(ada, post) == before


async def test_a_post_has_no_room_for_ten_thousand_transitions(
    ada: AsyncClient, write: Write, plan: Plan
) -> None:
    post = await write(ada)
    for minute in range(100):
        await plan(ada, post, at=f"2036-03-01T{10 + minute // 60}:{minute % 60:02d}:00Z")
    before = await _state(ada, post)

    answers = [
        await ada.post(
            f"/posts/{post['id']}/schedule",
            json={"action": "publish", "at": f"2036-04-01T10:{minute:02d}:00Z"},
        )
        for minute in range(60)
    ]

    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {
        (422, "plan-full")
    }
    assert await _state(ada, post) == before

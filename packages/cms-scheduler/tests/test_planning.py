"""Planning what readers will see, and when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from httpx2 import AsyncClient

from cms_core.testing.recorders import EventRecorder
from cms_posts import PostScheduled

if TYPE_CHECKING:
    from tests.conftest import Plan, Write

LATER = "2036-03-01T08:00:00Z"
MUCH_LATER = "2036-06-01T08:00:00Z"


async def test_a_publication_is_planned_at_an_instant(
    ada: AsyncClient, write: Write, cms_events: EventRecorder
) -> None:
    post = await write(ada, title="One", slug="one")
    path = f"/posts/{post['id']}/schedule"

    planned = await ada.post(path, json={"action": "publish", "at": "2036-03-01T09:00:00+01:00"})

    transition = planned.json()
    assert planned.status_code == 201
    assert planned.headers["location"] == f"http://test/api/v1/admin{path}/{transition['id']}"
    assert planned.headers["etag"].startswith('"1-')
    created_at, created_by = transition.pop("created_at"), transition.pop("created_by")
    assert created_at < LATER
    assert created_by["name"] == "Ada"
    assert transition == {
        "id": transition["id"],
        "post": {"id": post["id"], "title": "One", "slug": "one"},
        "action": "publish",
        "revision": 1,
        "at": LATER,
        "local": None,
        "time_zone": None,
        "state": "planned",
        "attempts": 0,
        "last_error": None,
        "retry_at": None,
        "applied_at": None,
        "cancelled_at": None,
    }
    assert [event.action for event in cms_events.having(PostScheduled)] == ["publish"]


async def test_it_is_read_where_it_was_made(ada: AsyncClient, write: Write) -> None:
    path = f"/posts/{(await write(ada))['id']}/schedule"
    planned = await ada.post(path, json={"action": "publish", "at": LATER})

    read = await ada.get(planned.headers["location"])

    assert read.json() == planned.json()
    assert read.headers["etag"] == planned.headers["etag"]


async def test_a_wall_time_is_kept_beside_its_instant(
    ada: AsyncClient, write: Write, plan: Plan
) -> None:
    wall_time = {"local": "2036-07-01T09:30", "time_zone": "Europe/Paris"}

    transition = await plan(ada, await write(ada), at=wall_time)

    assert transition["at"] == "2036-07-01T07:30:00Z"
    assert {name: transition[name] for name in wall_time} == wall_time


async def test_the_post_says_what_comes_next(ada: AsyncClient, write: Write, plan: Plan) -> None:
    post = await write(ada)
    await plan(ada, post, at=MUCH_LATER, action="publish")
    await plan(ada, post, at=LATER, action="publish")

    shown = (await ada.get(f"/posts/{post['id']}")).json()

    assert shown["status"] == "scheduled"
    assert shown["next_transition"] == {"action": "publish", "at": LATER, "revision": 1}


async def test_a_live_post_with_a_plan_is_still_published(
    ada: AsyncClient, write: Write, plan: Plan
) -> None:
    post = await write(ada, live=True)
    await plan(ada, post, at=LATER, action="unpublish")

    shown = (await ada.get(f"/posts/{post['id']}")).json()

    assert shown["status"] == "published"
    assert shown["next_transition"] == {"action": "unpublish", "at": LATER, "revision": None}


async def test_a_post_may_have_several_transitions(
    ada: AsyncClient, write: Write, plan: Plan
) -> None:
    post = await write(ada)
    await ada.patch(f"/posts/{post['id']}", json={"title": "Two"})
    await plan(ada, post, at=LATER, revision=1)
    await plan(ada, post, at=MUCH_LATER, action="unpublish")
    await plan(ada, post, at="2036-04-01T08:00:00Z", revision=2)

    listed = (await ada.get(f"/posts/{post['id']}/schedule")).json()["items"]

    assert [(each["action"], each["revision"]) for each in listed] == [
        ("publish", 1),
        ("publish", 2),
        ("unpublish", None),
    ]


async def test_what_is_planned_is_the_revision_of_that_moment(
    ada: AsyncClient, write: Write, plan: Plan
) -> None:
    post = await write(ada, title="As planned")
    transition = await plan(ada, post, at=LATER)

    await ada.patch(f"/posts/{post['id']}", json={"title": "Edited since"})

    path = f"/posts/{post['id']}/schedule/{transition['id']}"
    assert (await ada.get(path)).json()["revision"] == 1


async def test_planning_is_conditional_on_the_post(ada: AsyncClient, write: Write) -> None:
    path = f"/posts/{(await write(ada))['id']}"
    tag = (await ada.get(path)).headers["etag"]
    await ada.patch(path, json={"title": "Changed"})
    body = {"action": "publish", "at": LATER}

    stale = await ada.post(f"{path}/schedule", json=body, headers={"If-Match": tag})
    current = {"If-Match": (await ada.get(path)).headers["etag"]}
    fresh = await ada.post(f"{path}/schedule", json=body, headers=current)

    assert (stale.status_code, fresh.status_code) == (412, 201)


async def test_a_retried_request_plans_once(ada: AsyncClient, write: Write) -> None:
    path = f"/posts/{(await write(ada))['id']}/schedule"
    body: dict[str, Any] = {"action": "publish", "at": LATER}

    first, second = [
        await ada.post(path, json=body, headers={"Idempotency-Key": "k"}) for _ in range(2)
    ]

    assert (first.status_code, second.json()) == (201, first.json())
    assert len((await ada.get(path)).json()["items"]) == 1


async def test_what_is_in_the_trash_has_no_plan(ada: AsyncClient, write: Write, plan: Plan) -> None:
    post = await write(ada)
    await plan(ada, post, at=LATER)

    await ada.delete(f"/posts/{post['id']}")

    refused = await ada.post(
        f"/posts/{post['id']}/schedule", json={"action": "publish", "at": MUCH_LATER}
    )
    assert refused.json()["code"] == "post-in-trash"
    await ada.post(f"/posts/{post['id']}/untrash")
    states = (await ada.get(f"/posts/{post['id']}/schedule?state=cancelled")).json()["items"]
    assert [each["at"] for each in states] == [LATER]

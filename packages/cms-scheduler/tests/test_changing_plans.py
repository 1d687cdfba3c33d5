"""Moving, cancelling, and being too late for either."""

from __future__ import annotations

from typing import TYPE_CHECKING

from httpx2 import AsyncClient

from cms_core.testing.drivers import WorkerDriver
from cms_core.testing.recorders import EventRecorder
from cms_posts import PostScheduleCancelled

if TYPE_CHECKING:
    from tests.conftest import Plan, Soon, Until, Write

LATER = "2036-03-01T08:00:00Z"
MUCH_LATER = "2036-06-01T08:00:00Z"


async def test_a_transition_is_moved(ada: AsyncClient, write: Write, plan: Plan) -> None:
    post = await write(ada)
    path = f"/posts/{post['id']}/schedule/{(await plan(ada, post, at=LATER))['id']}"

    moved = await ada.patch(path, json={"at": MUCH_LATER})

    assert (moved.status_code, moved.json()["at"]) == (200, MUCH_LATER)
    assert moved.headers["etag"].startswith('"2-')
    assert (await ada.get(f"/posts/{post['id']}")).json()["next_transition"]["at"] == MUCH_LATER


async def test_a_wall_time_is_moved_to_an_instant(
    ada: AsyncClient, write: Write, plan: Plan
) -> None:
    post = await write(ada)
    wall_time = {"local": "2036-07-01T09:30", "time_zone": "Europe/Paris"}
    path = f"/posts/{post['id']}/schedule/{(await plan(ada, post, at=wall_time))['id']}"

    moved = (await ada.patch(path, json={"at": LATER})).json()

    assert (moved["at"], moved["local"], moved["time_zone"]) == (LATER, None, None)


async def test_another_revision_is_pinned(ada: AsyncClient, write: Write, plan: Plan) -> None:
    post = await write(ada)
    path = f"/posts/{post['id']}/schedule/{(await plan(ada, post, at=LATER))['id']}"
    await ada.patch(f"/posts/{post['id']}", json={"title": "Two"})

    changed = (await ada.patch(path, json={"revision": 2})).json()

    assert (changed["revision"], changed["at"]) == (2, LATER)


async def test_a_move_is_conditional_on_the_transition(
    ada: AsyncClient, write: Write, plan: Plan
) -> None:
    post = await write(ada)
    path = f"/posts/{post['id']}/schedule/{(await plan(ada, post, at=LATER))['id']}"
    first = {"If-Match": (await ada.get(path)).headers["etag"]}

    accepted = await ada.patch(path, json={"at": MUCH_LATER}, headers=first)
    refused = await ada.patch(path, json={"at": LATER}, headers=first)

    assert (accepted.status_code, refused.status_code) == (200, 412)
    assert (await ada.get(path)).json()["at"] == MUCH_LATER


async def test_a_cancelled_transition_is_shown_as_such(
    ada: AsyncClient, write: Write, plan: Plan, cms_events: EventRecorder
) -> None:
    post = await write(ada)
    path = f"/posts/{post['id']}/schedule/{(await plan(ada, post, at=LATER))['id']}"

    cancelled = await ada.delete(path)

    assert cancelled.status_code == 204
    shown = (await ada.get(path)).json()
    assert shown["state"] == "cancelled"
    assert shown["cancelled_at"] is not None
    assert len(cms_events.having(PostScheduleCancelled)) == 1
    after = (await ada.get(f"/posts/{post['id']}")).json()
    assert (after["status"], after["next_transition"]) == ("draft", None)


async def test_cancelling_again_says_that_it_is_cancelled(
    ada: AsyncClient, write: Write, plan: Plan
) -> None:
    post = await write(ada)
    path = f"/posts/{post['id']}/schedule/{(await plan(ada, post, at=LATER))['id']}"
    condition = {"If-Match": (await ada.get(path)).headers["etag"]}
    await ada.delete(path, headers=condition)
    before = (await ada.get(path)).json()

    again = await ada.delete(path, headers=condition)

    assert again.status_code == 204
    assert (await ada.get(path)).json() == before


async def test_what_is_cancelled_is_not_moved(ada: AsyncClient, write: Write, plan: Plan) -> None:
    post = await write(ada)
    path = f"/posts/{post['id']}/schedule/{(await plan(ada, post, at=LATER))['id']}"
    await ada.delete(path)

    assert (await ada.patch(path, json={"at": LATER})).json()["code"] == "already-cancelled"


async def test_after_its_instant_it_is_too_late(
    ada: AsyncClient, write: Write, plan: Plan, soon: Soon, until: Until
) -> None:
    post = await write(ada)
    at = await soon()
    path = f"/posts/{post['id']}/schedule/{(await plan(ada, post, at=at))['id']}"
    await until(at)

    answers = [
        await ada.delete(path),
        await ada.patch(path, json={"at": LATER}),
        await ada.post(f"{path}/retry"),
    ]

    assert [answer.status_code for answer in answers] == [409] * 3
    assert {answer.json()["code"] for answer in answers} == {"already-applied"}
    assert (await ada.get(path)).json()["state"] == "applied"


async def test_only_what_has_failed_is_retried(ada: AsyncClient, write: Write, plan: Plan) -> None:
    post = await write(ada)
    path = f"/posts/{post['id']}/schedule/{(await plan(ada, post, at=LATER))['id']}"

    assert (await ada.post(f"{path}/retry")).json()["code"] == "not-failed"


async def test_a_cancelled_publication_does_not_happen(
    ada: AsyncClient,
    write: Write,
    plan: Plan,
    soon: Soon,
    until: Until,
    cms_worker: WorkerDriver,
) -> None:
    post = await write(ada)
    at = await soon()
    transition = await plan(ada, post, at=at)
    await ada.delete(f"/posts/{post['id']}/schedule/{transition['id']}")
    await until(at)

    await cms_worker.run("scheduler:transitions")

    assert (await ada.get(f"/posts/{post['id']}")).json()["status"] == "draft"

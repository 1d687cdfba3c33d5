"""A post that can't be published: it holds up no other, and people can do something about it."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

import pytest
from httpx2 import AsyncClient
from sqlalchemy import select, update

from cms_core import CMS, Subscriber, Transaction, before_commit, db_now, hookimpl
from cms_core.testing.drivers import WorkerDriver
from cms_core.worker import Worker
from cms_posts import PostPublished, PostTransition, TransitionState

if TYPE_CHECKING:
    from tests.conftest import Plan, SignIn, Soon, Until, Write


class Poison:
    """A plugin that refuses posts by their slug, as a failing subscriber would."""

    refused: ClassVar[set[str]] = set()

    @staticmethod
    @hookimpl
    def register_subscribers() -> list[Subscriber]:
        async def refuse(_: Transaction, event: PostPublished) -> None:
            if event.slug in Poison.refused:
                raise RuntimeError("the index is broken")

        return [before_commit(PostPublished, refuse)]


@pytest.fixture
def cms_plugins(cms_plugins: list[object]) -> list[object]:
    Poison.refused = {"poisoned"}
    return [*cms_plugins, Poison]


@pytest.fixture
async def path(ada: AsyncClient, write: Write, plan: Plan, soon: Soon, until: Until) -> str:
    """Where the transition of a poisoned post is, which is due."""
    post = await write(ada, slug="poisoned")
    at = await soon()
    transition = await plan(ada, post, at=at)
    await until(at)
    return f"/posts/{post['id']}/schedule/{transition['id']}"


async def make_due(cms: CMS) -> None:
    """Let the time of the back-off have passed."""
    async with cms.db.transaction() as session:
        waiting = update(PostTransition).where(PostTransition.try_at.is_not(None))
        await session.execute(waiting.values(try_at=db_now()))


async def park(cms: CMS, worker: WorkerDriver) -> None:
    """Let all attempts fail."""
    for _ in range(8):
        await make_due(cms)
        await worker.run("scheduler:transitions")


async def test_it_is_tried_again_later(
    ada: AsyncClient, path: str, cms_worker: WorkerDriver
) -> None:
    await cms_worker.run("scheduler:transitions")

    shown = (await ada.get(path)).json()
    assert (shown["state"], shown["attempts"]) == ("planned", 1)
    assert "the index is broken" in shown["last_error"]
    assert shown["retry_at"] > shown["at"]


async def test_it_goes_live_once_the_fault_is_gone(
    cms_app: CMS, ada: AsyncClient, cms_client: AsyncClient, path: str, cms_worker: WorkerDriver
) -> None:
    await cms_worker.run("scheduler:transitions")
    Poison.refused = set()
    await make_due(cms_app)

    await cms_worker.run("scheduler:transitions")

    shown = (await ada.get(path)).json()
    assert (shown["state"], shown["retry_at"]) == ("applied", None)
    live = (await cms_client.get("/api/v1/posts/poisoned")).json()
    assert live["published_at"] == shown["at"]


async def test_after_some_attempts_it_is_parked_where_people_look(
    cms_app: CMS, ada: AsyncClient, path: str, cms_worker: WorkerDriver
) -> None:
    await park(cms_app, cms_worker)

    (shown,) = (await ada.get("/schedule?state=failed")).json()["items"]
    assert (shown["state"], shown["attempts"], shown["retry_at"]) == ("failed", 8, None)
    assert "the index is broken" in shown["last_error"]
    assert (await ada.get(path)).json() == shown


async def test_operators_see_what_waits_and_what_is_parked(
    cms_app: CMS, sign_in: SignIn, path: str, cms_worker: WorkerDriver
) -> None:
    admin = await sign_in("admin")

    async def seen() -> tuple[int, int, bool]:
        report = (await admin.get("/system/jobs")).json()
        (job,) = [each for each in report["items"] if each["key"] == "scheduler:transitions"]
        return job["waiting"], job["parked"], report["publish_lag_seconds"] > 0

    assert await seen() == (1, 0, True), path
    await park(cms_app, cms_worker)
    assert await seen() == (0, 1, False)


async def test_what_is_parked_is_retried_at_once(
    cms_app: CMS, ada: AsyncClient, path: str, cms_worker: WorkerDriver
) -> None:
    await park(cms_app, cms_worker)
    Poison.refused = set()

    retried = await ada.post(f"{path}/retry")

    assert (retried.status_code, retried.json()["state"]) == (200, "planned")
    await cms_worker.run("scheduler:transitions")
    assert (await ada.get(path)).json()["state"] == "applied"


async def test_what_is_parked_is_cancelled(
    cms_app: CMS, ada: AsyncClient, path: str, cms_worker: WorkerDriver
) -> None:
    await park(cms_app, cms_worker)

    assert (await ada.delete(path)).status_code == 204

    assert (await ada.get(path)).json()["state"] == "cancelled"


async def test_what_is_parked_is_planned_again_by_moving_it(
    cms_app: CMS, ada: AsyncClient, path: str, cms_worker: WorkerDriver
) -> None:
    await park(cms_app, cms_worker)

    moved = (await ada.patch(path, json={"at": "2036-03-01T08:00:00Z"})).json()

    assert (moved["state"], moved["attempts"], moved["last_error"]) == ("planned", 0, None)


async def test_readers_of_other_posts_do_not_suffer(
    ada: AsyncClient, write: Write, cms_client: AsyncClient, path: str
) -> None:
    await write(ada, live=True, slug="other")

    assert (await cms_client.get("/api/v1/posts/other")).status_code == 200
    assert (await cms_client.get("/api/v1/posts/poisoned")).status_code == 404
    assert (await ada.get(path)).json()["attempts"] >= 1


async def test_no_other_post_is_late(
    cms_app: CMS, ada: AsyncClient, write: Write, plan: Plan, soon: Soon
) -> None:
    posts = [await write(ada, slug=f"sound-{number}") for number in range(9)]
    posts.insert(4, await write(ada, slug="poisoned"))
    at = await soon(6.0)
    for post in posts:
        await plan(ada, post, at=at)
    stop = asyncio.Event()

    worker = asyncio.create_task(Worker(cms_app).run(stop))
    applied = await _applied(cms_app, len(posts) - 1)
    stop.set()
    await worker

    assert max(applied) - datetime.fromisoformat(at) < timedelta(seconds=5)


async def _applied(cms: CMS, count: int) -> list[datetime]:
    """When transitions were applied, once there are so many; looked up behind the API's back."""
    statement = select(PostTransition.applied_at).where(
        PostTransition.state == TransitionState.APPLIED
    )
    while True:
        async with cms.db.snapshot() as session:
            instants = [each for each in await session.scalars(statement) if each is not None]
        if len(instants) >= count:
            return instants
        await asyncio.sleep(0.05)

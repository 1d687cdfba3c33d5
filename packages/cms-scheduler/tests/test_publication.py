"""What is planned happens at its instant, with a worker and without one."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from httpx2 import AsyncClient

from cms_core import CMS
from cms_core.testing.drivers import WorkerDriver
from cms_core.testing.recorders import EventRecorder
from cms_core.worker import Worker
from cms_posts import PostPublished, PostTransition

if TYPE_CHECKING:
    from tests.conftest import Plan, Soon, Until, Write


async def test_readers_see_it_at_its_instant_without_a_worker(
    ada: AsyncClient, cms_client: AsyncClient, write: Write, plan: Plan, soon: Soon, until: Until
) -> None:
    post = await write(ada, slug="on-time")
    at = await soon()
    await plan(ada, post, at=at)

    before = await cms_client.get("/api/v1/posts/on-time")
    await until(at)
    after = await cms_client.get("/api/v1/posts/on-time")

    assert (before.status_code, after.status_code) == (404, 200)
    assert after.json()["published_at"] == at


async def test_authors_see_it_too_without_a_worker(
    ada: AsyncClient, write: Write, plan: Plan, soon: Soon, until: Until
) -> None:
    post = await write(ada)
    at = await soon()
    transition = await plan(ada, post, at=at)
    await until(at)

    shown = (await ada.get(f"/posts/{post['id']}")).json()

    assert (shown["status"], shown["next_transition"]) == ("published", None)
    path = f"/posts/{post['id']}/schedule/{transition['id']}"
    applied = (await ada.get(path)).json()
    assert applied["state"] == "applied"
    assert applied["applied_at"] >= at


async def test_the_worker_applies_it_with_the_planned_date(
    ada: AsyncClient,
    write: Write,
    plan: Plan,
    soon: Soon,
    until: Until,
    cms_worker: WorkerDriver,
    cms_events: EventRecorder,
) -> None:
    post = await write(ada)
    at = await soon()
    await plan(ada, post, at=at)
    await until(at)

    await cms_worker.run("scheduler:transitions")

    (published,) = cms_events.having(PostPublished)
    assert published.published_at == datetime.fromisoformat(at)


async def test_the_pinned_revision_goes_live_and_no_later_one(
    ada: AsyncClient, cms_client: AsyncClient, write: Write, plan: Plan, soon: Soon, until: Until
) -> None:
    post = await write(ada, title="As planned", slug="pinned")
    at = await soon()
    await plan(ada, post, at=at)
    await ada.patch(f"/posts/{post['id']}", json={"title": "Edited since"})
    await until(at)

    assert (await cms_client.get("/api/v1/posts/pinned")).json()["title"] == "As planned"


async def test_what_is_overdue_is_applied_in_its_order(
    ada: AsyncClient,
    write: Write,
    plan: Plan,
    soon: Soon,
    until: Until,
    cms_worker: WorkerDriver,
    cms_client: AsyncClient,
) -> None:
    post = await write(ada, title="One", slug="in-order")
    await ada.patch(f"/posts/{post['id']}", json={"title": "Two"})
    first, second, third = await soon(3.0), await soon(3.1), await soon(3.2)
    await plan(ada, post, at=first, revision=1)
    await plan(ada, post, at=second, action="unpublish")
    await plan(ada, post, at=third, revision=2)
    await until(third)

    await cms_worker.run("scheduler:transitions")

    shown = (await cms_client.get("/api/v1/posts/in-order")).json()
    assert (shown["title"], shown["published_at"]) == ("Two", third)


async def test_a_planned_takedown_takes_it_down(
    ada: AsyncClient, cms_client: AsyncClient, write: Write, plan: Plan, soon: Soon, until: Until
) -> None:
    post = await write(ada, live=True, slug="gone")
    at = await soon()
    await plan(ada, post, at=at, action="unpublish")

    before = await cms_client.get("/api/v1/posts/gone")
    await until(at)
    after = await cms_client.get("/api/v1/posts/gone")

    assert (before.status_code, after.status_code) == (200, 404)


async def test_a_sleeping_worker_is_woken_by_a_plan(
    cms_app: CMS, ada: AsyncClient, write: Write, plan: Plan, soon: Soon
) -> None:
    post = await write(ada)
    stop = asyncio.Event()
    worker = asyncio.create_task(Worker(cms_app, longest_sleep=3600).run(stop))
    await asyncio.sleep(0.5)  # it has looked, and sleeps
    at = await soon(2.5)

    transition = await plan(ada, post, at=at)
    applied_at = await _applied_at(cms_app, transition["id"])

    stop.set()
    await worker
    # Unless it is woken, it sleeps for an hour.
    assert applied_at - datetime.fromisoformat(at) < timedelta(seconds=30)


async def _applied_at(cms: CMS, id: str) -> datetime:
    # Not through the API: a reader would apply it itself.
    while True:
        async with cms.db.snapshot() as session:
            transition = await session.get_one(PostTransition, UUID(id))
            if transition.applied_at is not None:
                return transition.applied_at
        await asyncio.sleep(0.02)

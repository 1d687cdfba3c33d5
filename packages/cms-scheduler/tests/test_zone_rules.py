"""Plans at wall times, when a new release of the zone database has other rules."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from httpx2 import AsyncClient
from sqlalchemy import select, update

from cms_core import CMS
from cms_core.testing.drivers import WorkerDriver
from cms_core.testing.recorders import EventRecorder
from cms_posts import PostScheduled, PostTransition
from cms_scheduler.zones import RULES

if TYPE_CHECKING:
    from tests.conftest import Plan, Write

NOON = {"local": "2036-07-01T12:00", "time_zone": "Europe/Paris"}
AT = "2036-07-01T10:00:00Z"
BEFORE = datetime.fromisoformat("2036-07-01T11:00:00Z")


async def _derived(cms: CMS, transition: dict[str, Any], **values: Any) -> None:
    """Pretend that the transition was planned by a process with other rules."""
    by_id = update(PostTransition).where(PostTransition.id == UUID(transition["id"]))
    async with cms.db.transaction() as session:
        await session.execute(by_id.values(due_at=BEFORE, try_at=BEFORE, **values))


async def _rules(cms: CMS) -> list[str | None]:
    async with cms.db.snapshot() as session:
        return list(await session.scalars(select(PostTransition.zone_rules)))


async def test_a_plan_moves_with_the_rules_of_its_zone(
    cms_app: CMS,
    ada: AsyncClient,
    write: Write,
    plan: Plan,
    cms_worker: WorkerDriver,
    cms_events: EventRecorder,
) -> None:
    post = await write(ada)
    transition = await plan(ada, post, at=NOON)
    assert await _rules(cms_app) == [RULES]
    await _derived(cms_app, transition, zone_rules="2025a")
    cms_events.clear()

    await cms_worker.run("scheduler:zones")

    assert (await ada.get(f"/posts/{post['id']}")).json()["next_transition"]["at"] == AT
    assert await _rules(cms_app) == [RULES]
    assert [event.at.isoformat() for event in cms_events.having(PostScheduled)] == [
        "2036-07-01T10:00:00+00:00"
    ]


async def test_whoever_read_the_former_instant_does_not_overwrite_the_new_one(
    cms_app: CMS, ada: AsyncClient, write: Write, plan: Plan, cms_worker: WorkerDriver
) -> None:
    post = await write(ada)
    transition = await plan(ada, post, at=NOON)
    await _derived(cms_app, transition, zone_rules="2025a")
    path = f"/posts/{post['id']}/schedule/{transition['id']}"
    condition = {"If-Match": (await ada.get(path)).headers["etag"]}

    await cms_worker.run("scheduler:zones")

    refused = await ada.patch(path, json={"at": "2036-08-01T12:00:00Z"}, headers=condition)
    assert refused.status_code == 412


async def test_a_time_that_is_skipped_by_the_new_rules_is_the_end_of_the_gap(
    cms_app: CMS, ada: AsyncClient, write: Write, plan: Plan, cms_worker: WorkerDriver
) -> None:
    post = await write(ada)
    transition = await plan(ada, post, at=NOON)
    await _derived(cms_app, transition, zone_rules="2025a", local="2036-03-30T02:30")

    await cms_worker.run("scheduler:zones")

    next_one = (await ada.get(f"/posts/{post['id']}")).json()["next_transition"]
    assert next_one["at"] == "2036-03-30T01:00:00Z"


@pytest.mark.parametrize("rules", [RULES, "2099z"])
async def test_an_old_release_takes_nothing_back_that_a_newer_one_did(
    cms_app: CMS, ada: AsyncClient, write: Write, plan: Plan, cms_worker: WorkerDriver, rules: str
) -> None:
    post = await write(ada)
    await _derived(cms_app, await plan(ada, post, at=NOON), zone_rules=rules)

    await cms_worker.run("scheduler:zones")

    next_one = (await ada.get(f"/posts/{post['id']}")).json()["next_transition"]
    assert datetime.fromisoformat(next_one["at"]) == BEFORE
    assert await _rules(cms_app) == [rules]


async def test_an_instant_stays_where_it_is(
    ada: AsyncClient, write: Write, plan: Plan, cms_worker: WorkerDriver
) -> None:
    post = await write(ada)
    before = await plan(ada, post, at=AT)

    await cms_worker.run("scheduler:zones")

    path = f"/posts/{post['id']}/schedule/{before['id']}"
    assert (await ada.get(path)).json() == before


@pytest.mark.parametrize(
    "odd",
    [{"time_zone": "Europe/Atlantis"}, {"local": "at noon"}, {"local": None, "time_zone": None}],
)
async def test_what_no_rules_tell_of_keeps_its_instant_and_holds_up_no_other(
    cms_app: CMS,
    ada: AsyncClient,
    write: Write,
    plan: Plan,
    cms_worker: WorkerDriver,
    odd: dict[str, Any],
) -> None:
    imported, sound = await write(ada), await write(ada)
    await _derived(cms_app, await plan(ada, imported, at=NOON), zone_rules="2025a", **odd)
    await _derived(cms_app, await plan(ada, sound, at=NOON), zone_rules="2025a")

    await cms_worker.run("scheduler:zones")

    instants = [
        (await ada.get(f"/posts/{post['id']}")).json()["next_transition"]["at"]
        for post in (imported, sound)
    ]
    assert instants == ["2036-07-01T11:00:00Z", AT]
    assert await _rules(cms_app) == [RULES, RULES]


async def test_any_number_of_plans_is_derived_anew(
    cms_app: CMS, ada: AsyncClient, write: Write, plan: Plan, cms_worker: WorkerDriver
) -> None:
    post = await write(ada)
    noon = datetime.fromisoformat("2036-07-01T12:00")
    for day in range(60):
        local = (noon + timedelta(days=day)).isoformat(timespec="minutes")
        await plan(ada, post, at={"local": local, "time_zone": "Europe/Paris"})
    async with cms_app.db.transaction() as session:
        await session.execute(update(PostTransition).values(zone_rules="2025a"))

    await cms_worker.run("scheduler:zones")

    assert await _rules(cms_app) == [RULES] * 60

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from httpx2 import AsyncClient
from sqlalchemy import column, insert, literal, select

from cms_core.app import CMS
from cms_core.db.clock import db_now
from cms_core.db.outbox import OutboxRow
from cms_core.db.types import Instant
from cms_core.ids import new_id
from cms_core.jobs import Job
from cms_core.worker.heartbeats import beat
from cms_core.worker.history import Run
from cms_core.worker.runs import begin_run, end_run

Login = Callable[..., dict[str, str]]
DOOR = "/api/v1/admin/system"


async def test_only_administrators_look_behind_the_scenes(
    cms_client: AsyncClient, cms_login: Login
) -> None:
    for path in (f"{DOOR}/plugins", f"{DOOR}/jobs"):
        assert (await cms_client.get(path)).status_code == 401
        assert (await cms_client.get(path, headers=cms_login("editor"))).status_code == 403
        assert (await cms_client.get(path, headers=cms_login("admin"))).status_code == 200


async def test_plugins_are_listed_in_their_order(cms_client: AsyncClient, cms_login: Login) -> None:
    body = (await cms_client.get(f"{DOOR}/plugins", headers=cms_login())).json()
    core, _, patient = body["items"]
    assert (core["name"], core["distribution"]) == ("core", "cms-core")
    assert "outbox" in core["tables"]
    assert core["routes"] > 5
    assert patient["name"] == "patient"
    assert body["faults"] == []


async def jobs(client: AsyncClient, login: Login) -> dict[str, Any]:
    """The answer, with the jobs by their keys."""
    answer = await client.get(f"{DOOR}/jobs", headers=login())
    assert answer.status_code == 200
    body: dict[str, Any] = answer.json()
    return body | {"items": {job["key"]: job for job in body["items"]}}


def job(key: str, due: timedelta | None = None, **options: Any) -> Job:
    """A job that is due so long from now, or has been for so long."""

    async def run(_: CMS) -> bool:
        return False

    if due is not None:
        at = datetime.now(UTC) + due
        options["next_due"] = select(literal(at, Instant()))
    return Job(key, run, every=timedelta(hours=1), **options)


async def catch_up(_: CMS) -> bool:
    raise AssertionError("who looks at the work does not do it")


async def test_jobs_are_listed_with_their_last_runs(
    cms_client: AsyncClient, cms_app: CMS, cms_login: Login
) -> None:
    key = cms_app.contributions.jobs[0].key
    async with cms_app.db.transaction() as session:
        await end_run(session, Run(key, new_id(), await session.now()), ZeroDivisionError("no"))
        await beat(session, new_id())
    body = await jobs(cms_client, cms_login)
    assert body["items"].keys() == {job.key for job in cms_app.contributions.jobs}
    assert body["items"][key]["failures"] == 1
    assert body["items"][key]["last_error"] == "ZeroDivisionError: no"
    assert body["items"][key]["failed_at"].endswith("Z")
    assert [worker["alive"] for worker in body["workers"]] == [True]
    assert body["outbox"] == []


async def test_the_history_tells_how_runs_went_the_latest_first(
    cms_client: AsyncClient, cms_app: CMS, cms_login: Login
) -> None:
    key, alive = cms_app.contributions.jobs[0].key, new_id()
    async with cms_app.db.transaction() as session:
        now = await session.now()
        runs = [Run(key, new_id(), now + timedelta(seconds=second)) for second in range(12)]
        for run in runs:
            await begin_run(session, run)
            await end_run(session, run, None)
        await end_run(session, Run(key, alive, now + timedelta(seconds=13)), OSError("no"))
        await begin_run(session, Run(key, new_id(), now + timedelta(seconds=14)))
        await begin_run(session, Run(key, alive, now + timedelta(seconds=15)))
        await beat(session, alive)
    history = (await jobs(cms_client, cms_login))["items"][key]["history"]
    outcomes = ["running", "abandoned", "failed", *["succeeded"] * 7]
    assert [run["outcome"] for run in history] == outcomes
    assert (history[2]["worker_id"], history[2]["error"]) == (str(alive), "OSError: no")
    assert [run["ended_at"] is None for run in history] == [True, True] + [False] * 8


async def test_lag_and_backlog_are_those_of_the_job(
    cms_client: AsyncClient, cms_app: CMS, cms_login: Login
) -> None:
    backlog = select(literal(3), literal(2))
    cms_app.contributions.jobs += [
        job("plain"),
        job("late", timedelta(minutes=-1), backlog=backlog),
        job("early", timedelta(minutes=1)),
    ]
    items = (await jobs(cms_client, cms_login))["items"]
    plain, late, early = (items[key] for key in ("plain", "late", "early"))
    assert (plain["due_at"], plain["lag_seconds"], plain["waiting"]) == (None, 0, None)
    assert 60 <= late["lag_seconds"] < 90
    assert (late["waiting"], late["parked"]) == (3, 2)
    assert early["due_at"] > late["due_at"]
    assert (early["lag_seconds"], early["parked"]) == (0, None)


async def test_the_publish_lag_is_the_largest_of_those_that_readers_wait_for(
    cms_client: AsyncClient, cms_app: CMS, cms_login: Login
) -> None:
    assert (await jobs(cms_client, cms_login))["publish_lag_seconds"] == 0
    cms_app.contributions.jobs += [
        job("hidden", timedelta(hours=-1)),
        job("less", timedelta(minutes=-1), before_reads=catch_up),
        job("most", timedelta(minutes=-2), before_reads=catch_up),
        job("later", timedelta(minutes=1), before_reads=catch_up),
    ]
    assert 120 <= (await jobs(cms_client, cms_login))["publish_lag_seconds"] < 150


@pytest.mark.parametrize("broken", ["next_due", "backlog"])
async def test_a_job_that_can_not_tell_its_state_spoils_no_other(
    cms_client: AsyncClient, cms_app: CMS, cms_login: Login, broken: str
) -> None:
    select_of: Any = select(column("no_such")) if broken == "next_due" else select(literal(1))
    options = {broken: select_of}
    cms_app.contributions.jobs += [job("broken", **options)]
    cms_app.contributions.jobs += [job("late", timedelta(minutes=-1))]
    items = (await jobs(cms_client, cms_login))["items"]
    assert items["broken"]["fault"]
    assert "SELECT" not in items["broken"]["fault"]
    assert items["late"]["fault"] is None
    assert items["late"]["lag_seconds"] >= 60


async def test_deliveries_for_a_plugin_that_is_gone_are_marked(
    cms_client: AsyncClient, cms_app: CMS, cms_login: Login
) -> None:
    async with cms_app.db.transaction() as session:
        row = {"event": "x.Y", "aggregate": "x", "payload": {}, "attempts": 0}
        instants = insert(OutboxRow).values(created_at=db_now(), due_at=db_now())
        gone = row | {"subscriber": "gone", "event_id": new_id()}
        await session.execute(instants, [gone])
    (queue,) = (await jobs(cms_client, cms_login))["outbox"]
    assert (queue["subscriber"], queue["registered"], queue["waiting"]) == ("gone", False, 1)

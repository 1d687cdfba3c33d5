from __future__ import annotations

from collections.abc import Callable

from httpx2 import AsyncClient

from cms_core.app import CMS
from cms_core.ids import new_id
from cms_core.worker.heartbeats import beat
from cms_core.worker.history import Run
from cms_core.worker.runs import end_run

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


async def test_jobs_are_listed_with_their_last_runs(
    cms_client: AsyncClient, cms_app: CMS, cms_login: Login
) -> None:
    key = cms_app.contributions.jobs[0].key
    async with cms_app.db.transaction() as session:
        await end_run(session, Run(key, new_id(), await session.now()), ZeroDivisionError("no"))
        await beat(session, new_id())
    body = (await cms_client.get(f"{DOOR}/jobs", headers=cms_login())).json()
    jobs = {job["key"]: job for job in body["items"]}
    assert jobs.keys() == {job.key for job in cms_app.contributions.jobs}
    assert jobs[key]["failures"] == 1
    assert jobs[key]["last_error"] == "ZeroDivisionError: no"
    assert jobs[key]["failed_at"].endswith("Z")
    assert [worker["alive"] for worker in body["workers"]] == [True]
    assert body["outbox"] == []

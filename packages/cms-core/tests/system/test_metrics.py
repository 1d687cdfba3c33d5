from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from httpx2 import ASGITransport, AsyncClient
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr
from sqlalchemy import column, insert, literal, select

from cms_core.app import CMS
from cms_core.db.clock import db_now
from cms_core.db.outbox import OutboxRow
from cms_core.db.types import Instant
from cms_core.ids import new_id
from cms_core.jobs import Job
from cms_core.settings import Settings
from cms_core.worker.heartbeats import WorkerHeartbeat

TOKEN = {"Authorization": "Bearer a-token-for-prometheus"}


@pytest.fixture
def cms_settings(cms_settings: Settings) -> Settings:
    return cms_settings.model_copy(update={"metrics_token": SecretStr("a-token-for-prometheus")})


async def figures(client: AsyncClient) -> dict[str, float]:
    """Every sample by its name and the values of its labels."""
    answer = await client.get("/metrics", headers=TOKEN)
    assert answer.status_code == 200
    return {
        " ".join([sample.name, *sample.labels.values()]): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


async def wait_for_delivery(cms: CMS, *, parked: bool) -> None:
    async with cms.db.transaction() as session:
        row = insert(OutboxRow).values(event_id=new_id(), event="x.Y", aggregate="x", payload={})
        due, attempts = (None, 30) if parked else (db_now(), 0)
        more = row.values(subscriber="mail", created_at=db_now(), due_at=due, attempts=attempts)
        await session.execute(more)


async def test_requests_are_counted_by_template(cms_client: AsyncClient) -> None:
    name = "cms_http_requests_total GET /problems/{code}"
    before = await figures(cms_client)
    await cms_client.get("/problems/not-found")
    await cms_client.get("/problems/nothing")
    after = await figures(cms_client)
    for status in ("200", "404"):
        assert after[f"{name} {status}"] == before.get(f"{name} {status}", 0) + 1
    assert "cms_http_request_duration_seconds_count GET /problems/{code}" in after


async def test_strange_requests_make_no_labels(cms_client: AsyncClient) -> None:
    await cms_client.request("BREW", "/livez/coffee")
    found = await figures(cms_client)
    assert "cms_http_requests_total other unmatched 404" in found
    assert not any("coffee" in name or "BREW" in name for name in found)


async def test_deliveries_and_workers_are_shown(cms_client: AsyncClient, cms_app: CMS) -> None:
    await wait_for_delivery(cms_app, parked=False)
    await wait_for_delivery(cms_app, parked=False)
    await wait_for_delivery(cms_app, parked=True)
    async with cms_app.db.transaction() as session:
        seen = insert(WorkerHeartbeat).values(id=new_id(), host="here", pid=1)
        await session.execute(seen.values(started_at=db_now(), seen_at=db_now()))
    found = await figures(cms_client)
    assert found["cms_outbox_deliveries waiting mail"] == 2
    assert found["cms_outbox_deliveries parked mail"] == 1
    assert 0 <= found["cms_worker_heartbeat_age_seconds"] < 60
    assert found["cms_database_up"] == 1


async def test_how_late_jobs_are_is_shown(cms_client: AsyncClient, cms_app: CMS) -> None:
    async def work(_: CMS) -> bool:
        return False

    async with cms_app.db.snapshot() as session:
        minute_ago = await session.now() - timedelta(minutes=1)
    due = select(literal(minute_ago, Instant()))
    backlog: Any = select(literal(3), literal(2))
    late = Job("late", work, timedelta(1), due, work, backlog)
    broken = Job("broken", work, timedelta(1), next_due=select(column("no_such")))
    cms_app.contributions.jobs += [broken, late]
    found = await figures(cms_client)
    assert 60 <= found["cms_job_lag_seconds late"] < 90
    assert 60 <= found["cms_publish_lag_seconds"] < 90
    assert (found["cms_job_waiting late"], found["cms_job_parked late"]) == (3, 2)
    assert found["cms_job_lag_seconds core:prune"] == 0
    assert "cms_job_waiting core:prune" not in found
    assert "cms_job_lag_seconds broken" not in found


async def test_nobody_else_sees_them(cms_client: AsyncClient) -> None:
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Bearer "}):
        answer = await cms_client.get("/metrics", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (404, "not-found")


class TestWithoutAToken:
    @pytest.fixture(params=[True, False], ids=["cms dev", "cms serve"])
    def cms_settings(self, cms_settings: Settings, request: pytest.FixtureRequest) -> Settings:
        update = {"metrics_token": SecretStr(""), "development": request.param}
        return cms_settings.model_copy(update=update)

    async def test_only_a_developer_on_this_machine_sees_them(
        self, cms_api: FastAPI, cms_settings: Settings
    ) -> None:
        for address, here in (("127.0.0.1", True), ("::1", True), ("192.0.2.1", False)):
            transport = ASGITransport(cms_api, client=(address, 1234))
            async with AsyncClient(transport=transport, base_url="http://test") as client:
                answer = await client.get("/metrics", headers={"Authorization": "Bearer "})
            expected = 200 if here and cms_settings.development else 404
            assert answer.status_code == expected


class TestWithoutADatabase:
    @pytest.fixture
    def cms_settings(self, cms_settings: Settings) -> Settings:
        url = "postgresql://cms@127.0.0.1:1/cms"
        return cms_settings.model_copy(update={"database_url": url})

    async def test_the_process_still_shows_its_own(self, cms_client: AsyncClient) -> None:
        found = await figures(cms_client)
        assert found["cms_database_up"] == 0

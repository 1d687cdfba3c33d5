from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import perf_counter

import pytest
from fastapi import FastAPI
from httpx2 import AsyncClient
from sqlalchemy import insert

from cms_core.app import CMS
from cms_core.db.clock import db_now
from cms_core.health import PATIENCE, HealthCheck, examine
from cms_core.ids import new_id
from cms_core.settings import Settings
from cms_core.worker.heartbeats import WorkerHeartbeat

Ail = Callable[..., None]


@pytest.fixture
async def worker(cms_app: CMS) -> None:
    """A worker that was seen just now."""
    async with cms_app.db.transaction() as session:
        seen = insert(WorkerHeartbeat).values(id=new_id(), host="here", pid=1)
        await session.execute(seen.values(started_at=db_now(), seen_at=db_now()))


async def test_a_process_that_answers_is_alive(cms_client: AsyncClient) -> None:
    answer = await cms_client.get("/livez")
    assert (answer.status_code, answer.json()) == (200, {"status": "alive"})
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.usefixtures("worker")
async def test_it_is_ready_when_nothing_is_wrong(cms_client: AsyncClient) -> None:
    answer = await cms_client.get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (200, "ready")
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.usefixtures("worker")
async def test_it_is_ready_but_degraded_when_little_is_wrong(
    cms_client: AsyncClient, ail: Ail
) -> None:
    ail(minor="hurts")
    answer = await cms_client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "degraded",
        "degraded": ["knee"],
        "reasons": {"knee": "hurts"},
    }


async def test_it_is_not_ready_when_something_critical_is_wrong(
    cms_client: AsyncClient, ail: Ail
) -> None:
    ail(critical="stopped", minor="hurts")
    answer = await cms_client.get("/readyz")
    assert (answer.status_code, answer.json()["code"]) == (503, "not-ready")
    assert answer.json()["detail"] == "heart: stopped"
    assert "retry-after" in answer.headers
    assert (await cms_client.get("/livez")).status_code == 200


@pytest.mark.usefixtures("worker")
async def test_a_check_with_a_defect_is_a_reason_that_tells_nothing(
    cms_client: AsyncClient, ail: Ail
) -> None:
    ail(minor="defect")
    answer = await cms_client.get("/readyz")
    assert answer.json()["reasons"] == {"knee": "the check failed"}
    assert "s3cret" not in answer.text


async def test_a_check_that_hangs_is_a_reason(cms_client: AsyncClient) -> None:
    async def hang() -> str | None:
        await asyncio.sleep(60)
        return None

    began = perf_counter()
    checks = [HealthCheck("lung", hang), HealthCheck("liver", hang)]
    assert set((await examine(checks)).values()) == {"no answer in time"}
    assert perf_counter() - began < PATIENCE + 0.4


async def test_it_is_not_ready_as_soon_as_it_was_asked_to_stop(
    cms_client: AsyncClient, cms_api: FastAPI
) -> None:
    cms_api.state.stopping = True
    answer = await cms_client.get("/readyz")
    assert (answer.status_code, answer.json()["detail"]) == (503, "The server is shutting down.")


class TestWithoutADatabase:
    @pytest.fixture
    def cms_settings(self, cms_settings: Settings, cms_engine: str) -> Settings:
        url = {
            "sqlite": f"sqlite:///{cms_settings.data}/missing/cms.sqlite3",
            "postgres": "postgresql://cms@127.0.0.1:1/cms",
        }[cms_engine]
        return cms_settings.model_copy(update={"database_url": url})

    async def test_it_is_alive_but_not_ready(self, cms_client: AsyncClient) -> None:
        began = perf_counter()
        answer = await cms_client.get("/readyz")
        assert answer.status_code == 503
        assert answer.json()["detail"] == "database: The database is not answering."
        assert perf_counter() - began < 2
        assert (await cms_client.get("/livez")).status_code == 200

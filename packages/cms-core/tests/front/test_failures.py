import asyncio
import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from fastapi import FastAPI
from httpx2 import ASGITransport, AsyncClient

from cms_core.app import CMS
from cms_core.front.record import PATIENCE, Lines, Record
from cms_core.metrics import FAILURES, REGISTRY
from cms_core.settings import Settings
from cms_core.telemetry import configure_logging


@pytest.fixture
def log(cms_app: CMS) -> Iterator[io.StringIO]:
    """The log lines of the test, as JSON."""
    root = logging.getLogger()
    before, configured = (root.handlers[:], root.level), structlog.get_config()
    stream = io.StringIO()
    configure_logging(cms_app.settings, cms_app.contributions.plugins, stream)
    yield stream
    root.handlers[:], root.level = before
    structlog.configure(**configured)


def lines(log: io.StringIO, event: str) -> list[dict[str, Any]]:
    found = [json.loads(line) for line in log.getvalue().splitlines()]
    return [line for line in found if line["event"] == event]


async def test_a_defect_is_a_500_that_tells_nothing(cms_client: AsyncClient) -> None:
    answer = await cms_client.get("/api/v1/probe/failing")
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "internal-error"
    assert "s3cret" not in answer.text
    assert "ZeroDivisionError" not in answer.text


async def test_a_defect_is_logged_with_its_request_and_plugin(
    cms_client: AsyncClient, log: io.StringIO
) -> None:
    answer = await cms_client.get("/api/v1/probe/failing")
    [line] = lines(log, "request_failed")
    assert line["request_id"] == answer.headers["x-request-id"]
    assert line["plugin"] == "probe"
    assert "ZeroDivisionError" in line["exception"]


async def test_a_defect_counts_against_its_plugin(cms_client: AsyncClient) -> None:
    before = FAILURES.labels("probe")._value.get()
    await cms_client.get("/api/v1/probe/failing")
    assert REGISTRY.get_sample_value("cms_failures_total", {"plugin": "probe"}) == before + 1


def test_lines_of_a_loop_that_is_over_are_written_by_the_next() -> None:
    lines, request = Lines(), Record("id", None, "GET", "/", None, "core", 200, 0.1)
    lines.stream = stream = io.StringIO()

    async def add(patience: float) -> None:
        lines.add(request, 200)
        await asyncio.sleep(patience)

    asyncio.run(add(0))
    asyncio.run(add(2 * PATIENCE))

    assert len(stream.getvalue().splitlines()) == 2


async def test_each_request_is_one_line_without_query_and_values(
    cms_client: AsyncClient, log: io.StringIO
) -> None:
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    headers = {"traceparent": f"00-{trace}-00f067aa0ba902b7-01"}
    await cms_client.get("/api/v1/probe/tokens/s3cret", headers=headers)
    await cms_client.get("/nowhere?token=s3cret")
    await asyncio.sleep(2 * PATIENCE)
    found, nowhere = lines(log, "request")
    assert found["path"] == "/api/v1/probe/tokens/{token}"
    assert (found["method"], found["status"], found["plugin"]) == ("GET", 403, "probe")
    assert found["trace_id"] == trace
    assert found["duration_ms"] > 0
    assert nowhere["path"] == "/nowhere"
    assert "trace_id" not in nowhere
    assert "s3cret" not in log.getvalue()


async def test_an_answer_that_fails_halfway_is_cut_off(cms_api: FastAPI, log: io.StringIO) -> None:
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request"}

    async def send(message: Any) -> None:
        sent.append(message)

    path = "/api/v1/probe/stream"
    scope = {"type": "http", "method": "GET", "path": path, "query_string": b"", "headers": []}
    await cms_api({**scope, "asgi": {"spec_version": "2.4"}}, receive, send)
    assert [message.get("body") for message in sent] == [None, b"begun"]
    assert lines(log, "answer_cut_off")


async def test_a_delivered_answer_says_what_the_cache_did(cms_client: AsyncClient) -> None:
    answer = await cms_client.get("/api/v1/probe")
    assert answer.headers["cache-status"].startswith("cms; ")
    assert "cache-status" not in (await cms_client.get("/probe")).headers


class TestWithAShortDeadline:
    @pytest.fixture
    def cms_settings(self, cms_settings: Settings) -> Settings:
        return cms_settings.model_copy(update={"request_timeout": 0.2})

    async def test_an_answer_that_takes_too_long_is_given_up(
        self, cms_client: AsyncClient, cms_app: CMS
    ) -> None:
        answer = await cms_client.get("/api/v1/probe/slow")
        assert (answer.status_code, answer.json()["code"]) == (503, "timed-out")
        assert int(answer.headers["retry-after"]) >= 1
        await asyncio.sleep(0.1)
        assert cms_app.db.in_use == 0


class TestWithRoomForOne:
    @pytest.fixture
    def cms_settings(self, cms_settings: Settings) -> Settings:
        return cms_settings.model_copy(update={"max_concurrent_requests": 1})

    async def test_one_request_too_many_is_refused_at_once(self, cms_api: FastAPI) -> None:
        transport = ASGITransport(cms_api)
        async with AsyncClient(transport=transport, base_url="http://test") as client:
            slow = asyncio.create_task(client.get("/api/v1/probe/slow"))
            await asyncio.sleep(0.1)
            answer = await client.get("/api/v1/probe")
            slow.cancel()
            assert (answer.status_code, answer.json()["code"]) == (503, "overloaded")
            await asyncio.sleep(0.1)
            assert (await client.get("/api/v1/probe")).status_code == 200

from collections.abc import AsyncIterator, Callable

import pytest
from httpx2 import AsyncClient
from starlette.types import Message

from cms_core.front.body import Body
from cms_core.front.deadline import Deadline
from cms_core.front.head import Head
from cms_core.http.exchange import Door, Exchange
from cms_core.settings import Settings

Login = Callable[..., dict[str, str]]


@pytest.fixture
def cms_settings(cms_settings: Settings) -> Settings:
    return cms_settings.model_copy(update={"max_body_bytes": 1024})


async def chunks(size: int) -> AsyncIterator[bytes]:
    for _ in range(size // 100):
        yield b" " * 100


async def test_an_announced_body_that_is_too_large_is_413(cms_client: AsyncClient) -> None:
    answer = await cms_client.post("/api/v1/probe", json={"text": "a" * 1024})
    assert (answer.status_code, answer.json()["code"]) == (413, "too-large")


async def test_a_body_is_counted_while_it_comes(cms_client: AsyncClient) -> None:
    headers = {"Content-Type": "application/json"}
    answer = await cms_client.post("/api/v1/probe", content=chunks(1100), headers=headers)
    assert answer.status_code == 413


async def test_who_is_not_allowed_in_is_refused_before_the_body(cms_client: AsyncClient) -> None:
    answer = await cms_client.post("/api/v1/admin/probe", json={"text": "a" * 1024})
    assert answer.status_code == 401


async def test_a_streamed_route_has_a_limit_of_its_own(
    cms_client: AsyncClient, cms_login: Login
) -> None:
    path, headers = "/api/v1/admin/probe/uploads", cms_login()
    within = await cms_client.post(path, content=chunks(5000), headers=headers)
    beyond = await cms_client.post(path, content=chunks(5100), headers=headers)
    assert within.json() == {"size": 5000}
    assert beyond.status_code == 413


async def test_a_get_with_a_body_is_answered_all_the_same(cms_client: AsyncClient) -> None:
    assert (await cms_client.request("GET", "/api/v1/probe", content=b"x")).status_code == 200


async def test_a_refused_body_that_goes_on_and_on_closes_the_connection(
    cms_client: AsyncClient,
) -> None:
    headers = {"Content-Type": "application/json", "Content-Length": "1000000000"}

    answer = await cms_client.post("/api/v1/admin/probe", content=chunks(1100), headers=headers)

    assert (answer.status_code, answer.headers["connection"]) == (401, "close")


async def test_a_small_refused_body_keeps_the_connection(cms_client: AsyncClient) -> None:
    answer = await cms_client.post("/api/v1/admin/probe", json={"text": "a"})

    assert "connection" not in answer.headers


async def test_who_sends_on_after_the_answer_is_not_read_on() -> None:
    taken = 0

    async def receive() -> Message:
        nonlocal taken
        taken += 65536
        return {"type": "http.request", "body": b"a" * 65536, "more_body": True}

    head = Head({b"content-length": b"1000000000"}, "request", None)
    body = Body(receive, head, Exchange("request", Door.ROOT, 1024), Deadline(1.0))

    await body.discard_rest()

    assert taken == 0

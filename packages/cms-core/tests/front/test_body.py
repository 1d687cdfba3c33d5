from collections.abc import AsyncIterator, Callable

import pytest
from httpx2 import AsyncClient

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

"""Endpoints that are called directly get what FastAPI would give them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import pytest
from fastapi import Depends, FastAPI, Header, Query, Request, Response
from httpx2 import AsyncClient

from cms_core import DeliveryRouter, Snapshot, hookimpl
from cms_core.http.route import CMSRoute


async def louder(times: Annotated[int, Query(ge=1)] = 2) -> str:
    return "!" * times


async def plain(
    request: Request,
    session: Snapshot,
    name: str,
    end: Annotated[str, Depends(louder)],
    greeting: str = "Hello",
    *,
    polite: bool,
) -> Response:
    assert session is request.state.session
    return Response(f"{greeting}, {'dear ' if polite else ''}{name}{end}")


async def with_many(session: Snapshot, words: Annotated[list[str], Query()]) -> Response:
    return Response()


async def with_header(session: Snapshot, referer: Annotated[str, Header()] = "") -> Response:
    return Response()


async def with_number(session: Snapshot, number: int) -> Response:
    return Response()


async def with_fresh_default(
    session: Snapshot, when: Annotated[str, Query(default_factory=lambda: "now")]
) -> Response:
    return Response()


async def with_model(session: Snapshot) -> dict[str, str]:
    return {}


ROUTES: dict[str, Callable[..., Any]] = {
    "/plain/{name}": plain,
    "/many": with_many,
    "/header": with_header,
    "/number/{number}": with_number,
    "/fresh": with_fresh_default,
    "/model": with_model,
}


class Greeter:
    @staticmethod
    @hookimpl
    def register_routers() -> list[DeliveryRouter]:
        router = DeliveryRouter("/greeter")
        for path, endpoint in ROUTES.items():
            router.add_api_route(path, endpoint, response_model=None)
        return [router]


@pytest.fixture
def cms_plugins() -> list[object]:
    return [Greeter]


def test_what_asks_for_more_than_is_at_hand_goes_through_fastapi() -> None:
    [router] = Greeter.register_routers()
    routes = [route for route in router.routes if isinstance(route, CMSRoute)]
    direct = {route.path.rpartition("greeter")[2]: route.respond is not None for route in routes}
    assert direct == {path: path == "/plain/{name}" for path in ROUTES}


@pytest.mark.parametrize("through_fastapi", [False, True])
@pytest.mark.parametrize(
    ("query", "answer"),
    [
        ("polite=no", "Hello, Ada!!"),
        ("polite=yes&greeting=Good+day&times=1", "Good day, dear Ada!"),
        ("polite=1&greeting=", ", dear Ada!!"),
        ("", ["polite"]),
        ("polite=perhaps&times=0", ["times", "polite"]),
    ],
)
async def test_an_endpoint_gets_the_same_either_way(
    cms_api: FastAPI,
    cms_client: AsyncClient,
    monkeypatch: pytest.MonkeyPatch,
    query: str,
    answer: Any,
    through_fastapi: bool,
) -> None:
    if through_fastapi:
        for _, router in cms_api.state.cms.contributions.routers:
            for route in router.routes:
                monkeypatch.setattr(route, "respond", None, raising=False)

    response = await cms_client.get(f"/api/v1/greeter/plain/Ada?{query}")

    if response.status_code == 200:
        assert response.text == answer
    else:
        assert response.status_code == 422
        assert sorted(each["pointer"] for each in response.json()["errors"]) == sorted(answer)

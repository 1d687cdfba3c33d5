"""What lists offer beyond pages: counts, sparse fields, strict parameters."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
from httpx2 import AsyncClient
from sqlalchemy import text

from cms_core.app import CMS
from cms_core.http.counting import COUNTED

Shelve = Callable[..., Awaitable[list[str]]]

LIST = "/api/v1/library/books"


async def total(client: AsyncClient, query: str) -> int | None:
    count: int | None = (await client.get(f"{LIST}?{query}")).json()["total"]
    return count


async def test_a_list_is_counted_when_somebody_asks(
    cms_client: AsyncClient, shelve: Shelve
) -> None:
    await shelve(5, pages=100)
    await shelve(7, pages=600)
    assert await total(cms_client, "limit=2") is None
    assert await total(cms_client, "limit=2&count=exact") == 12
    assert await total(cms_client, "limit=2&count=exact&long=true") == 7
    assert await total(cms_client, "limit=2&count=estimated&long=true") == 7


async def test_a_long_list_is_estimated_well_enough(
    cms_client: AsyncClient, cms_app: CMS, shelve: Shelve
) -> None:
    await shelve(COUNTED * 2, pages=600)
    async with cms_app.db.transaction() as session:
        await session.execute(text("ANALYZE"))
    estimated = await total(cms_client, "count=estimated&long=true")
    assert estimated is not None
    assert COUNTED < estimated <= COUNTED * 3
    if cms_app.db.dialect == "sqlite":
        assert estimated == COUNTED * 2


async def test_only_the_fields_asked_for_are_answered(
    cms_client: AsyncClient, shelve: Shelve
) -> None:
    await shelve(1)
    body = (await cms_client.get(f"{LIST}?fields=title,pages")).json()
    assert body == {
        "items": [{"title": "Book 0000", "pages": 100}],
        "next_cursor": None,
        "total": None,
    }


@pytest.mark.parametrize("fields", ["secret", "title,secret", "", ","])
async def test_fields_that_are_not_offered_are_422(
    cms_client: AsyncClient, shelve: Shelve, fields: str
) -> None:
    answer = await cms_client.get(f"{LIST}?fields={fields}")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "fields"


async def test_an_unknown_parameter_is_422_with_a_hint(
    cms_client: AsyncClient, shelve: Shelve
) -> None:
    answer = await cms_client.get(f"{LIST}?limt=3&fields=title")
    assert answer.json()["code"] == "unknown-parameter"
    assert answer.json()["errors"] == [
        {"pointer": "limt", "message": "unknown parameter; did you mean 'limit'?"}
    ]


async def test_only_parameters_that_hold_many_may_be_repeated(
    cms_client: AsyncClient, shelve: Shelve
) -> None:
    assert (await cms_client.get(f"{LIST}?pages=1&pages=2")).status_code == 200
    answer = await cms_client.get(f"{LIST}?limit=1&limit=1")
    assert answer.json()["errors"] == [{"pointer": "limit", "message": "given more than once"}]


async def test_a_hostile_query_is_refused_quickly(cms_client: AsyncClient, shelve: Shelve) -> None:
    for query in ("limit=1&" * 900, "&".join(f"x{n}=1" for n in range(900)), "%00=1", "cursor=%00"):
        answer = await cms_client.get(f"{LIST}?{query}")
        assert answer.status_code == 422
        assert len(answer.json()["errors"]) <= 20


@pytest.mark.parametrize(
    ("value", "status"), [("true", 200), ("false", 200), ("1", 200), ("", 422), ("maybe", 422)]
)
async def test_booleans_are_booleans(
    cms_client: AsyncClient, shelve: Shelve, value: str, status: int
) -> None:
    assert (await cms_client.get(f"{LIST}?long={value}")).status_code == status


async def test_a_list_is_not_sent_again_while_it_is_the_same(
    cms_client: AsyncClient, shelve: Shelve
) -> None:
    await shelve(3)
    first = await cms_client.get(f"{LIST}?limit=2")
    again = await cms_client.get(
        f"{LIST}?limit=2", headers={"If-None-Match": first.headers["etag"]}
    )
    assert (again.status_code, again.content) == (304, b"")
    for name in ("etag", "cache-control", "link"):
        assert again.headers[name] == first.headers[name]

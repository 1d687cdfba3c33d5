from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi import FastAPI, Request
from httpx2 import AsyncClient

from cms_core.app import CMS
from cms_core.http.listing import Listing
from cms_core.http.pagination import MAX_LIMIT, PageRequest, Rows
from cms_core.signing import Signer

Shelve = Callable[..., Awaitable[list[str]]]

LIST = "/api/v1/library/books"


async def page(client: AsyncClient, **parameters: Any) -> dict[str, Any]:
    answer = await client.get(LIST, params=parameters)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def walk(client: AsyncClient, **parameters: Any) -> list[str]:
    """The titles of the whole list, page by page."""
    titles: list[str] = []
    cursor: str | None = None
    while True:
        more = {} if cursor is None else {"cursor": cursor}
        body = await page(client, **parameters, **more)
        titles += [item["title"] for item in body["items"]]
        cursor = body["next_cursor"]
        if cursor is None:
            return titles


@pytest.mark.parametrize("every", [1.0, 0.000001, 0.0])
async def test_every_row_comes_once_in_either_direction(
    cms_client: AsyncClient, shelve: Shelve, every: float
) -> None:
    await shelve(23, every=every)
    newest = await walk(cms_client, limit=5)
    oldest = await walk(cms_client, limit=5, sort="published_at")
    assert len(set(newest)) == 23
    assert oldest == newest[::-1]
    if every:
        assert oldest == sorted(oldest)


@pytest.mark.parametrize("sort", ["title", "-title", "pages", "-pages"])
async def test_ties_of_any_order_are_broken_the_same_way_on_every_page(
    cms_client: AsyncClient, shelve: Shelve, sort: str
) -> None:
    await shelve(10, pages=100)
    await shelve(10, pages=200)
    await shelve(5, pages=100)
    whole = (await page(cms_client, limit=100, sort=sort))["items"]
    assert await walk(cms_client, limit=3, sort=sort) == [item["title"] for item in whole]


async def test_titles_in_any_script_can_be_sorted_by(
    cms_client: AsyncClient, shelve: Shelve
) -> None:
    await shelve(3, title="日本語" * 90)
    await shelve(3, title='Ünïcödé "quoted"')
    assert len(set(await walk(cms_client, limit=1, sort="title"))) == 6


async def test_rows_that_come_and_go_move_no_others(
    cms_client: AsyncClient, shelve: Shelve
) -> None:
    old = await shelve(10)
    first = await page(cms_client, limit=5)
    await shelve(3)  # in front of the page that was read
    second = await page(cms_client, limit=5, cursor=first["next_cursor"])
    titles = [item["title"] for item in first["items"] + second["items"]]
    assert titles == old[::-1]


async def test_the_last_page_says_so_even_when_it_is_full(
    cms_client: AsyncClient, shelve: Shelve
) -> None:
    await shelve(10)
    first = await page(cms_client, limit=5)
    second = await page(cms_client, limit=5, cursor=first["next_cursor"])
    assert len(second["items"]) == 5
    assert second["next_cursor"] is None


async def test_an_empty_list_is_a_list(cms_client: AsyncClient, shelve: Shelve) -> None:
    assert await page(cms_client, count="exact") == {
        "items": [],
        "next_cursor": None,
        "total": 0,
    }


async def test_the_link_keeps_the_other_parameters(cms_client: AsyncClient, shelve: Shelve) -> None:
    await shelve(5, pages=600)
    path = f"{LIST}?limit=2&pages=600&pages=7&long=true&fields=title"
    answer = await cms_client.get(path, headers={"Host": "evil.example"})
    target, _, relation = answer.headers["link"].partition(">; ")
    assert relation == 'rel="next"'
    assert target.startswith(f"<http://test{LIST}?")
    query = parse_qs(urlsplit(target.removeprefix("<")).query)
    assert query == {
        "limit": ["2"],
        "pages": ["600", "7"],
        "long": ["true"],
        "fields": ["title"],
        "cursor": [answer.json()["next_cursor"]],
    }
    following = await cms_client.get(target.removeprefix("<"))
    assert [item["title"] for item in following.json()["items"]] == ["Book 0002", "Book 0001"]


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (b'about=a>b"&limit=1&cursor=old', "about=a%3Eb%22&limit=1&cursor=new"),
        (b"cursor=old&about=%C3%BC+x", "about=%C3%BC+x&cursor=new"),
        (b"curso%72=old&about=1", "about=1&cursor=new"),
        (b"", "cursor=new"),
    ],
)
async def test_the_link_is_one_address_whatever_was_sent(
    cms_api: FastAPI, cms_app: CMS, sent: bytes, kept: str
) -> None:
    scope = {"type": "http", "path": LIST, "query_string": sent, "headers": [], "app": cms_api}
    page = PageRequest(cms_app.signer("cursor"), limit=1, sort="title", sorts={})
    answer = Listing(Request(scope), page, None).answer([], Rows((), "new", None))
    assert answer.headers["link"] == f'<http://test{LIST}?{kept}>; rel="next"'


async def test_a_page_may_change_its_size_but_not_its_list(
    cms_client: AsyncClient, shelve: Shelve
) -> None:
    await shelve(10)
    cursor = (await page(cms_client, limit=3, long="false"))["next_cursor"]
    assert len((await page(cms_client, limit=7, long="false", cursor=cursor))["items"]) == 7
    for other in ({"long": "true"}, {}, {"long": "false", "sort": "title"}):
        answer = await cms_client.get(LIST, params={**other, "cursor": cursor})
        assert (answer.status_code, answer.json()["code"]) == (422, "bad-cursor")
        assert answer.json()["errors"][0]["pointer"] == "cursor"


async def test_a_tampered_cursor_is_refused(cms_client: AsyncClient, shelve: Shelve) -> None:
    await shelve(3)
    cursor = (await page(cms_client, limit=1))["next_cursor"]
    raw = bytearray(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    raw[-3] ^= 1
    forged = base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
    for bad in (forged, cursor + "A", cursor[:-1], "", "%%%", "é"):
        answer = await cms_client.get(LIST, params={"limit": 1, "cursor": bad})
        assert (answer.status_code, answer.json()["code"]) == (422, "bad-cursor")


async def test_a_cursor_of_another_installation_is_refused(
    cms_client: AsyncClient, cms_app: CMS, shelve: Shelve
) -> None:
    await shelve(3)
    cursor = (await page(cms_client, limit=1))["next_cursor"]
    payload = cms_app.signer("cursor").unsign(cursor)
    foreign = Signer("another secret", "cursor").sign(payload)
    other_purpose = cms_app.signer("preview").sign(payload)
    for bad in (foreign, other_purpose):
        answer = await cms_client.get(LIST, params={"limit": 1, "cursor": bad})
        assert answer.status_code == 422


async def test_a_cursor_over_columns_of_another_release_is_refused(
    cms_client: AsyncClient, cms_app: CMS, shelve: Shelve
) -> None:
    await shelve(3)
    cursor = (await page(cms_client, limit=1))["next_cursor"]
    signer = cms_app.signer("cursor")
    scope = signer.unsign(cursor)[:20].decode()
    for values in ("1,2]", '"2026-01-01T00:00:00+00:00"]', '"then","x"]'):
        bad = signer.sign(f"{scope}{values}".encode())
        answer = await cms_client.get(LIST, params={"limit": 1, "cursor": bad})
        assert answer.status_code == 422


@pytest.mark.parametrize(
    "query", ["limit=0", f"limit={MAX_LIMIT + 1}", "limit=x", "sort=secret", "count=some"]
)
async def test_what_is_not_offered_is_422(
    cms_client: AsyncClient, shelve: Shelve, query: str
) -> None:
    answer = await cms_client.get(f"{LIST}?{query}")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == query.partition("=")[0]

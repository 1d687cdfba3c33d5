"""The list of working copies."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from httpx2 import AsyncClient

Write = Callable[..., Awaitable[dict[str, Any]]]


async def titles(client: AsyncClient, query: str = "") -> list[str]:
    answer = await client.get(f"/posts{query}")
    assert answer.status_code == 200, answer.text
    return [post["title"] for post in answer.json()["items"]]


@pytest.fixture
async def library(ada: AsyncClient, eve: AsyncClient, write: Write) -> None:
    """A draft, a live post, one that was taken down, one in the trash; two authors."""
    await write(ada, title="Draft", tags=["Red"])
    await write(ada, title="Live", live=True, tags=["Red", "Blue"])
    down = await write(eve, title="Down", live=True)
    await eve.post(f"/posts/{down['id']}/unpublish")
    trashed = await write(eve, title="Trashed", tags=["Red"])
    await eve.delete(f"/posts/{trashed['id']}")


@pytest.mark.usefixtures("library")
async def test_posts_are_filtered(eve: AsyncClient, ids: dict[str, str]) -> None:
    queries = {
        "": ["Down", "Live", "Draft"],
        "?trashed=true": ["Trashed"],
        "?status=draft": ["Draft"],
        "?status=published": ["Live"],
        "?status=unpublished": ["Down"],
        "?status=trashed": ["Trashed"],
        "?status=scheduled": [],
        "?status=draft&trashed=true": ["Trashed"],
        f"?author={ids['Ada']}": ["Live", "Draft"],
        "?tag=red": ["Live", "Draft"],
        "?tag=blue": ["Live"],
        "?tag=unknown": [],
        "?q=RA": ["Draft"],
        "?q=live&tag=red": ["Live"],
    }

    assert {query: await titles(eve, query) for query in queries} == queries


async def test_a_search_takes_signs_for_what_they_are(ada: AsyncClient, write: Write) -> None:
    await write(ada, title="100 % sure_thing", slug="certain")

    assert await titles(ada, "?q=0 %25 s") == await titles(ada, "?q=e_t") == ["100 % sure_thing"]
    assert await titles(ada, "?q=1%25sure") == await titles(ada, "?q=s_r") == []


async def test_a_search_looks_into_the_slug(ada: AsyncClient, write: Write) -> None:
    await write(ada, title="Other", slug="certain-name")

    assert await titles(ada, "?q=tain-n") == ["Other"]


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("updated_at", ["B", "C", "A"]),
        ("-updated_at", ["A", "C", "B"]),
        ("created_at", ["A", "B", "C"]),
        ("title", ["A", "B", "C"]),
        ("-title", ["C", "B", "A"]),
    ],
)
async def test_posts_are_sorted_through_all_pages(
    ada: AsyncClient, write: Write, sort: str, expected: list[str]
) -> None:
    first = await write(ada, title="A")
    for title in ("B", "C"):
        await write(ada, title=title)
    await ada.patch(f"/posts/{first['id']}", json={"excerpt": "changed"})

    found: list[str] = []
    query: str | None = f"?sort={sort}&limit=1"
    while query:
        page = (await ada.get(f"/posts{query}")).json()
        found += [post["title"] for post in page["items"]]
        cursor = page["next_cursor"]
        query = f"?sort={sort}&limit=1&cursor={cursor}" if cursor else None

    assert found == expected


async def test_a_listed_post_is_a_working_copy_without_its_bodies(
    ada: AsyncClient, write: Write, cover: str
) -> None:
    post = await write(ada, cover=cover, tags=["T"], seo={"title": "S"}, body="long")

    listed = (await ada.get("/posts")).json()["items"]

    bodies = {"body", "body_html"}
    assert listed == [{name: value for name, value in post.items() if name not in bodies}]


async def test_bodies_come_when_they_are_asked_for(ada: AsyncClient, write: Write) -> None:
    post = await write(ada, body="long")

    listed = (await ada.get("/posts?fields=id,body")).json()["items"]

    assert listed == [{"id": post["id"], "body": "long"}]


async def test_the_total_is_told_on_request(ada: AsyncClient, write: Write) -> None:
    for _ in range(3):
        await write(ada)

    assert (await ada.get("/posts?limit=1&count=exact")).json()["total"] == 3
    assert (await ada.get("/posts?limit=1")).json()["total"] is None


async def test_a_list_takes_as_many_statements_for_one_post_as_for_many(
    ada: AsyncClient,
    write: Write,
    cover: str,
    cms_query_count: Callable[[], AbstractContextManager[list[str]]],
) -> None:
    await write(ada, tags=["A"], cover=cover)
    with cms_query_count() as for_one:
        await ada.get("/posts")
    for number in range(5):
        await write(ada, tags=[f"Tag {number}", "A"], cover=cover)

    with cms_query_count() as for_many:
        await ada.get("/posts")

    # Posts with their newest revisions, tags, plans, and the look whether something became due;
    # authors and covers cost none here.
    assert len(for_one) == len(for_many) == 4


@pytest.mark.parametrize(
    "query", ["?sort=published_at", "?status=lost", "?author=ada", "?q=", "?x=1"]
)
async def test_what_a_list_does_not_know_is_refused(ada: AsyncClient, query: str) -> None:
    assert (await ada.get(f"/posts{query}")).status_code == 422

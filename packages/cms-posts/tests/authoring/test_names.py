"""The slugs of posts."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from httpx2 import AsyncClient

Write = Callable[..., Awaitable[dict[str, Any]]]


async def test_equal_titles_get_distinct_names(ada: AsyncClient, write: Write) -> None:
    posts = [await write(ada, title="Hello") for _ in range(3)]

    assert [post["slug"] for post in posts] == ["hello", "hello-2", "hello-3"]


async def test_a_name_is_found_however_many_are_taken(ada: AsyncClient, write: Write) -> None:
    slugs = {(await write(ada, title="Hello"))["slug"] for _ in range(23)}

    assert len(slugs) == 23


async def test_a_name_that_another_post_has_is_refused(ada: AsyncClient, write: Write) -> None:
    await write(ada, slug="hello")

    refused = await ada.post("/posts", json={"title": "T", "slug": "hello"})

    assert (refused.status_code, refused.json()["code"]) == (409, "slug-taken")


async def test_a_name_that_another_post_had_is_refused(ada: AsyncClient, write: Write) -> None:
    first, second = await write(ada, slug="hello"), await write(ada)
    await ada.patch(f"/posts/{first['id']}", json={"slug": "goodbye"})

    refused = await ada.patch(f"/posts/{second['id']}", json={"slug": "hello"})

    assert (refused.status_code, refused.json()["code"]) == (409, "slug-taken")


async def test_a_post_takes_back_a_name_that_it_had(ada: AsyncClient, write: Write) -> None:
    post = await write(ada, slug="hello")
    await ada.patch(f"/posts/{post['id']}", json={"slug": "goodbye"})

    back = await ada.patch(f"/posts/{post['id']}", json={"slug": "hello"})

    assert (back.status_code, back.json()["slug"]) == (200, "hello")


async def test_a_name_that_was_refused_stays_free(ada: AsyncClient, write: Write) -> None:
    await write(ada, slug="taken")
    post = await write(ada, slug="mine")

    await ada.patch(f"/posts/{post['id']}", json={"slug": "taken", "tags": ["new"]})

    assert (await ada.get(f"/posts/{post['id']}")).json() == post


@pytest.mark.parametrize(
    "slug",
    [
        "Hello",
        "a--b",
        "-a",
        "a-",
        "a b",
        "",
        "é",
        "a" * 101,
        "0190a000-0000-7000-8000-00000000000a",
    ],
)
async def test_a_malformed_name_is_refused(ada: AsyncClient, slug: str) -> None:
    refused = await ada.post("/posts", json={"title": "T", "slug": slug})

    assert refused.status_code == 422
    assert [error["pointer"] for error in refused.json()["errors"]] == ["/slug"]


async def test_a_draft_keeps_its_address_when_its_title_changes(
    ada: AsyncClient, write: Write
) -> None:
    post = await write(ada, title="One")

    changed = await ada.patch(f"/posts/{post['id']}", json={"title": "Two"})

    assert changed.json()["slug"] == "one"


async def test_null_makes_the_name_anew(ada: AsyncClient, write: Write) -> None:
    post = await write(ada, title="One")

    changed = await ada.patch(f"/posts/{post['id']}", json={"title": "Two", "slug": None})

    assert changed.json()["slug"] == "two"


async def test_authors_who_race_for_one_title_all_get_a_name(ada: AsyncClient) -> None:
    body = {"title": "The same"}

    answers = await asyncio.gather(*(ada.post("/posts", json=body) for _ in range(16)))

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["slug"] for answer in answers}) == 16


async def test_of_authors_who_race_for_one_name_one_gets_it(ada: AsyncClient) -> None:
    body = {"title": "T", "slug": "the-same"}

    answers = await asyncio.gather(*(ada.post("/posts", json=body) for _ in range(16)))

    assert sorted(answer.status_code for answer in answers) == [201] + 15 * [409]


async def test_a_former_name_of_a_live_post_leads_to_the_present_one(
    ada: AsyncClient, write: Write, cms_client: AsyncClient
) -> None:
    post = await write(ada, live=True, slug="old")
    await ada.patch(f"/posts/{post['id']}", json={"slug": "draft-name"})
    await ada.patch(f"/posts/{post['id']}", json={"slug": "new"})
    assert (await cms_client.get("/api/v1/posts/old")).status_code == 200

    await ada.post(f"/posts/{post['id']}/publish")

    moved = await cms_client.get("/api/v1/posts/old")
    assert (moved.status_code, moved.headers["location"]) == (308, "http://test/api/v1/posts/new")
    assert (await cms_client.get("/api/v1/posts/draft-name")).status_code == 404

from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from httpx2 import AsyncClient

from cms_core import Page
from cms_posts.delivery.schemas import ListedPost
from cms_posts.service.storing import WholePost

Make = Callable[..., WholePost]
Store = Callable[..., Awaitable[list[WholePost]]]
Count = Callable[[], AbstractContextManager[list[str]]]
END_OF_MARCH = datetime(2026, 3, 31, 23, 59, 59, 999999, tzinfo=UTC)


async def titles(client: AsyncClient, query: str = "") -> list[str]:
    answer = await client.get(f"/api/v1/posts{query}")
    assert answer.status_code == 200, answer.text
    return [item["title"] for item in answer.json()["items"]]


async def test_the_latest_posts_come_first_without_their_bodies(
    cms_client: AsyncClient, make: Make, store: Store
) -> None:
    await store(make(1), make(3), make(2))

    answer = await cms_client.get("/api/v1/posts")

    assert [item["title"] for item in answer.json()["items"]] == ["Post 3", "Post 2", "Post 1"]
    assert {"body", "body_html"}.isdisjoint(answer.json()["items"][0])
    assert answer.json()["next_cursor"] is None
    assert answer.headers["cache-control"] == "public, no-cache"


async def test_listed_posts_have_the_shape_of_their_schema(
    cms_client: AsyncClient, make: Make, store: Store
) -> None:
    await store(make(1), make(2))

    for fields in ("", "?fields=" + ",".join(ListedPost.model_fields)):
        answer = await cms_client.get(f"/api/v1/posts{fields}")
        shown = [ListedPost.model_validate(item) for item in answer.json()["items"]]
        again = Page(items=shown).model_dump_json(exclude_unset=True)
        assert answer.text == f'{again[:-1]},"next_cursor":null,"total":null}}'
    assert list(answer.json()["items"][0]) == list(ListedPost.model_fields)


async def test_bodies_come_when_fields_names_them(
    cms_client: AsyncClient, make: Make, store: Store
) -> None:
    await store(make(1))

    answer = await cms_client.get("/api/v1/posts?fields=slug,body_html")

    assert answer.json()["items"] == [{"slug": "post-1", "body_html": "<p>The body of Post 1</p>"}]


async def test_every_post_is_on_exactly_one_page(
    cms_client: AsyncClient, make: Make, store: Store
) -> None:
    await store(*(make(number) for number in range(7)))
    seen, query = [], "?limit=3&count=exact"

    while query:
        answer = await cms_client.get(f"/api/v1/posts{query}")
        seen += [item["title"] for item in answer.json()["items"]]
        assert answer.json()["total"] == 7
        cursor = answer.json()["next_cursor"]
        query = f"?limit=3&count=exact&cursor={cursor}" if cursor else ""

    assert seen == [f"Post {number}" for number in reversed(range(7))]


@pytest.mark.parametrize(
    ("sort", "first"), [("published_at", "Post 0"), ("-title", "Post 2"), ("-updated_at", "Post 2")]
)
async def test_lists_come_in_the_order_that_is_asked_for(
    cms_client: AsyncClient, make: Make, store: Store, sort: str, first: str
) -> None:
    await store(*(make(number) for number in range(3)))

    assert (await titles(cms_client, f"?sort={sort}"))[0] == first


async def test_pages_of_a_tag_go_on_where_the_last_one_ended(
    cms_client: AsyncClient, make: Make, store: Store
) -> None:
    await store(*(make(number, tags=["Art"] if number % 2 else ["Zoo"]) for number in range(8)))

    first = await cms_client.get("/api/v1/posts?tag=art&limit=2")
    cursor = first.json()["next_cursor"]

    assert [item["title"] for item in first.json()["items"]] == ["Post 7", "Post 5"]
    assert await titles(cms_client, f"?tag=art&limit=2&cursor={cursor}") == ["Post 3", "Post 1"]
    assert await titles(cms_client, "?tag=art&sort=title&limit=1") == ["Post 1"]


async def test_posts_of_an_author(
    cms_client: AsyncClient, make: Make, store: Store, bob: UUID
) -> None:
    await store(make(1), make(2, author=bob), make(3, author=bob, tags=["Art"]))

    assert await titles(cms_client, f"?author={bob}") == ["Post 3", "Post 2"]
    assert await titles(cms_client, f"?author={bob}&tag=art") == ["Post 3"]


async def test_posts_of_a_span_of_time_include_its_beginning_only(
    cms_client: AsyncClient, make: Make, store: Store
) -> None:
    await store(*(make(number) for number in range(4)))
    span = "?published_after=2026-03-02T13:00:00%2B01:00&published_before=2026-03-04T12:00:00Z"

    assert await titles(cms_client, span) == ["Post 2", "Post 1"]


async def test_posts_of_a_month_are_those_of_the_utc_month(
    cms_client: AsyncClient, make: Make, store: Store
) -> None:
    after = END_OF_MARCH + timedelta(microseconds=1)
    await store(make(1, published_at=END_OF_MARCH, tags=["Art"]), make(2, published_at=after))

    assert await titles(cms_client, "?month=2026-03") == ["Post 1"]
    assert await titles(cms_client, "?month=2026-04") == ["Post 2"]
    assert await titles(cms_client, "?month=2026-03&tag=art") == ["Post 1"]


@pytest.mark.parametrize(
    "query",
    [
        "tag=No%20Slug",
        "author=ada",
        "month=2026-13",
        "month=26-1",
        "published_after=2026-03-01T00:00:00",
        "published_before=0001-01-01T00:00:00%2B14:00",
        "published_after=yesterday",
        "fields=password",
        "sort=slug",
        "status=draft",
        "cursor=forged",
    ],
)
async def test_what_a_list_does_not_know_is_refused(cms_client: AsyncClient, query: str) -> None:
    assert (await cms_client.get(f"/api/v1/posts?{query}")).status_code == 422


async def test_tags_count_live_posts_and_leave_out_those_of_drafts(
    cms_client: AsyncClient, make: Make, store: Store
) -> None:
    await store(make(1, tags=["Art", "Zoo"]), make(2, tags=["Art"]))
    await store(make(3, tags=["Art", "Secret"], live=False))

    answer = await cms_client.get("/api/v1/tags?sort=-name&count=exact")

    assert answer.json() == {
        "items": [
            {"slug": "zoo", "name": "Zoo", "posts": 1},
            {"slug": "art", "name": "Art", "posts": 2},
        ],
        "next_cursor": None,
        "total": 2,
    }


@pytest.mark.parametrize(
    ("path", "most"), [("posts", 4), ("posts?tag=art", 5), ("posts/post-1", 3), ("tags", 2)]
)
async def test_reading_takes_few_statements_however_many_posts_there_are(
    cms_client: AsyncClient,
    cms_query_count: Count,
    make: Make,
    store: Store,
    path: str,
    most: int,
) -> None:
    await store(*(make(number, tags=["Art"]) for number in range(9)))
    await cms_client.get("/api/v1/posts/unknown")  # a process asks once which database it has

    with cms_query_count() as statements:
        assert (await cms_client.get(f"/api/v1/{path}")).status_code == 200

    assert len(statements) <= most, "\n".join(statements)


@pytest.mark.parametrize(("path", "most"), [("posts?limit=5", 1), ("posts?tag=art&limit=5", 2)])
async def test_posts_that_a_list_has_shown_are_not_read_again_for_another(
    cms_client: AsyncClient,
    cms_query_count: Count,
    make: Make,
    store: Store,
    path: str,
    most: int,
) -> None:
    await store(*(make(number, tags=["Art"]) for number in range(9)))
    shown = (await cms_client.get("/api/v1/posts")).json()["items"]

    with cms_query_count() as statements:
        listed = (await cms_client.get(f"/api/v1/{path}")).json()["items"]

    assert listed == shown[:5]
    looks = sum("now" in statement for statement in statements)
    assert len(statements) - looks <= most, "\n".join(statements)


async def test_lists_do_not_read_bodies_that_they_do_not_show(
    cms_client: AsyncClient, cms_query_count: Count, make: Make, store: Store
) -> None:
    await store(make(1))

    with cms_query_count() as statements:
        await cms_client.get("/api/v1/posts")

    assert not any("body_html" in statement for statement in statements)

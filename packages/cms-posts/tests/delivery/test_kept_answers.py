"""Which answers come from the cache."""

from collections.abc import Awaitable, Callable

from httpx2 import AsyncClient

from cms_core import CMS
from cms_posts.service.storing import WholePost

Make = Callable[..., WholePost]
Store = Callable[..., Awaitable[list[WholePost]]]


async def test_the_first_list_that_is_outdated_takes_no_other_along(
    cms_app: CMS, cms_client: AsyncClient, make: Make, store: Store
) -> None:
    await store(make(1, tags=["Art"]), make(2, tags=["Sea"]))
    for tag in ("art", "sea"):
        await cms_client.get(f"/api/v1/posts?tag={tag}")
    await store(make(3, tags=["Art"]))

    art = await cms_client.get("/api/v1/posts?tag=art")
    sea = await cms_client.get("/api/v1/posts?tag=sea")

    assert "hit" not in art.headers["cache-status"]
    assert "hit" in sea.headers["cache-status"]


async def test_an_encoded_question_mark_begins_no_query(
    cms_client: AsyncClient, make: Make, store: Store
) -> None:
    await store(make(1))
    assert (await cms_client.get("/api/v1/posts?limit=1")).status_code == 200

    assert (await cms_client.get("/api/v1/posts%3Flimit=1")).status_code == 404

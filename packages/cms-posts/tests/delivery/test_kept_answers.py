"""Which answers come from the cache."""

from collections.abc import Awaitable, Callable

from httpx2 import AsyncClient

from cms_core import CMS, Principal, new_id
from cms_posts.service.storing import WholePost
from cms_posts.service.tags import rename_tag

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


async def test_a_former_name_of_a_tag_of_drafts_leads_to_nothing_that_readers_could_see(
    cms_app: CMS, cms_client: AsyncClient, make: Make, store: Store
) -> None:
    await store(make(1, tags=["Art"], live=False))
    by = Principal(new_id(), "admin", frozenset())
    await cms_app.db.run(lambda session: rename_tag(session, "art", by=by, new_slug="secret"))

    before = await cms_client.get("/api/v1/posts?tag=art")
    await store(make(2, tags=["Secret"]))
    after = await cms_client.get("/api/v1/posts?tag=art")

    assert before.json()["items"] == []
    assert "secret" not in str(before.headers)
    assert [post["title"] for post in after.json()["items"]] == ["Post 2"]

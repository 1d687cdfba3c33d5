from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest
from httpx2 import AsyncClient

from cms_core import CMS, Principal, new_id
from cms_posts.content import PostContent
from cms_posts.service.drafts import create_post, edit_post
from cms_posts.service.publication import publish_post, unpublish_post
from cms_posts.service.storing import WholePost

Make = Callable[..., WholePost]
Store = Callable[..., Awaitable[list[WholePost]]]


@pytest.fixture
def editor(cms_principal: Callable[..., Principal]) -> Principal:
    return cms_principal("editor")


async def publish(cms: CMS, by: Principal, **content: Any) -> UUID:
    async with cms.db.transaction() as session:
        now = await session.now()
        written = PostContent(**{"title": "Hello", "language": "en", **content})
        copy = await create_post(session, written, by=by, now=now)
        await publish_post(session, copy.post.id, by=by, now=now)
        return copy.post.id


async def rename(cms: CMS, by: Principal, post_id: UUID, slug: str, *, live: bool = True) -> None:
    async with cms.db.transaction() as session:
        now = await session.now()
        await edit_post(session, post_id, {"slug": slug}, by=by, now=now)
        if live:
            await publish_post(session, post_id, by=by, now=now)


async def test_a_live_post_has_exactly_the_fields_of_the_contract(
    cms_client: AsyncClient, make: Make, store: Store, ada: UUID, cover: UUID
) -> None:
    seo = {"title": "For machines"}
    (post,) = await store(make(title="Hello", tags=["Zoo", "Art"], cover=cover, seo=seo))

    answer = await cms_client.get("/api/v1/posts/hello")

    assert answer.status_code == 200
    assert answer.json() == {
        "id": str(post.id),
        "slug": "hello",
        "title": "Hello",
        "excerpt": "About Hello",
        "body": "The body of Hello",
        "body_format": "markdown",
        "body_html": "<p>The body of Hello</p>",
        "author": {"id": str(ada), "name": "Ada"},
        "tags": [{"slug": "zoo", "name": "Zoo"}, {"slug": "art", "name": "Art"}],
        "cover": {"url": "/media/cover.png"},
        "language": "en",
        "seo": {"title": "For machines", "description": None, "canonical_url": None},
        "extensions": {},
        "published_at": "2026-03-01T12:00:00Z",
        "updated_at": "2026-03-01T12:00:00Z",
        "revision": 1,
    }


async def test_a_post_is_found_by_its_id_too(
    cms_client: AsyncClient, make: Make, store: Store
) -> None:
    (post,) = await store(make(title="Hello"))

    answer = await cms_client.get(f"/api/v1/posts/{str(post.id).upper()}")

    assert answer.json()["slug"] == "hello"


async def test_an_answer_is_known_again_by_its_etag(
    cms_client: AsyncClient, make: Make, store: Store
) -> None:
    await store(make(title="Hello"))
    first = await cms_client.get("/api/v1/posts/hello")

    etag = {"If-None-Match": first.headers["etag"]}
    again = await cms_client.get("/api/v1/posts/hello", headers=etag)

    assert (again.status_code, again.content) == (304, b"")


async def test_an_unknown_author_and_cover_are_null(
    cms_client: AsyncClient, make: Make, store: Store
) -> None:
    await store(make(title="Hello", author=new_id(), cover=new_id()))

    post = (await cms_client.get("/api/v1/posts/hello")).json()

    assert (post["author"], post["cover"]) == (None, None)


@pytest.mark.parametrize(
    "key", ["no-such-post", "0190a000-0000-7000-8000-000000000001", "%F0%9F%98%80", "A b"]
)
async def test_what_is_not_there_is_404(cms_client: AsyncClient, key: str) -> None:
    answer = await cms_client.get(f"/api/v1/posts/{key}")

    assert (answer.status_code, answer.json()["code"]) == (404, "post-not-found")


async def test_a_draft_is_as_unknown_as_what_does_not_exist(
    cms_client: AsyncClient, make: Make, store: Store
) -> None:
    (draft,) = await store(make(title="Hello", live=False, tags=["Secret"]))

    for path in ("posts/hello", f"posts/{draft.id}"):
        assert (await cms_client.get(f"/api/v1/{path}")).status_code == 404
    for path in ("posts", "tags", "posts?tag=secret"):
        assert (await cms_client.get(f"/api/v1/{path}")).json()["items"] == []


async def test_readers_keep_the_published_revision_while_the_post_is_edited(
    cms_app: CMS, cms_client: AsyncClient, editor: Principal
) -> None:
    post_id = await publish(cms_app, editor, title="Hello", body="old")
    async with cms_app.db.transaction() as session:
        changes: Any = {"title": "New", "body": "new", "tags": ["New"], "slug": "new"}
        await edit_post(session, post_id, changes, by=editor, now=await session.now())

    post = (await cms_client.get("/api/v1/posts/hello")).json()

    assert (post["title"], post["body"], post["revision"], post["tags"]) == ("Hello", "old", 1, [])
    assert (await cms_client.get("/api/v1/posts/new")).status_code == 404


async def test_former_slugs_lead_to_the_present_one_in_one_step(
    cms_app: CMS, cms_client: AsyncClient, editor: Principal
) -> None:
    post_id = await publish(cms_app, editor, title="One")
    await rename(cms_app, editor, post_id, "two")
    await rename(cms_app, editor, post_id, "three")

    for slug in ("one", "two"):
        answer = await cms_client.get(f"/api/v1/posts/{slug}")
        assert answer.status_code == 308
        assert answer.headers["location"] == "http://test/api/v1/posts/three"
    assert (await cms_client.get("/api/v1/posts/three")).status_code == 200


async def test_a_slug_that_was_never_live_leads_nowhere(
    cms_app: CMS, cms_client: AsyncClient, editor: Principal
) -> None:
    post_id = await publish(cms_app, editor, title="One")
    await rename(cms_app, editor, post_id, "unread", live=False)
    await rename(cms_app, editor, post_id, "two")

    assert (await cms_client.get("/api/v1/posts/unread")).status_code == 404


async def test_a_former_slug_of_a_post_that_was_taken_down_is_404(
    cms_app: CMS, cms_client: AsyncClient, editor: Principal
) -> None:
    post_id = await publish(cms_app, editor, title="One")
    await rename(cms_app, editor, post_id, "two")
    async with cms_app.db.transaction() as session:
        await unpublish_post(session, post_id, by=editor, now=await session.now())

    for slug in ("one", "two", str(post_id)):
        assert (await cms_client.get(f"/api/v1/posts/{slug}")).status_code == 404


async def test_credentials_are_not_even_looked_at(
    cms_client: AsyncClient, make: Make, store: Store
) -> None:
    await store(make(title="Hello"))

    answer = await cms_client.get("/api/v1/posts/hello", headers={"Authorization": "Bearer no"})

    assert answer.status_code == 200


async def test_head_answers_like_get_without_a_body(
    cms_client: AsyncClient, make: Make, store: Store
) -> None:
    await store(make(title="Hello"))

    answer = await cms_client.head("/api/v1/posts/hello")

    assert (answer.status_code, answer.content) == (200, b"")

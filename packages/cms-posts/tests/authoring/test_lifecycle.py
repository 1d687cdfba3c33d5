from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from httpx2 import AsyncClient

Write = Callable[..., Awaitable[dict[str, Any]]]


@pytest.fixture
def delivered(cms_client: AsyncClient) -> Callable[[str], Awaitable[dict[str, Any] | None]]:
    """``await delivered(slug)``: the post as readers see it, None where there is none."""

    async def delivered(slug: str) -> dict[str, Any] | None:
        answer = await cms_client.get(f"/api/v1/posts/{slug}")
        assert answer.status_code in (200, 404)
        return answer.json() if answer.status_code == 200 else None

    return delivered


Delivered = Callable[[str], Awaitable[dict[str, Any] | None]]


async def test_a_new_post_is_a_draft_of_its_creator(ada: AsyncClient, ids: dict[str, str]) -> None:
    created = await ada.post("/posts", json={"title": " First steps ", "body": "*Go*"})

    post = created.json()
    assert created.status_code == 201
    assert created.headers["location"] == f"http://test/api/v1/admin/posts/{post['id']}"
    assert created.headers["etag"].startswith('"1-')
    assert post == {
        "id": post["id"],
        "slug": "first-steps",
        "title": "First steps",
        "excerpt": "",
        "body": "*Go*",
        "body_format": "markdown",
        "body_html": "<p><em>Go</em></p>\n",
        "author": {"id": ids["Ada"], "name": "Ada"},
        "tags": [],
        "cover": None,
        "language": "en",
        "seo": {"title": None, "description": None, "canonical_url": None},
        "extensions": {},
        "published_at": None,
        "created_at": post["created_at"],
        "updated_at": post["created_at"],
        "status": "draft",
        "revision": 1,
        "published_revision": None,
        "has_unpublished_changes": False,
        "next_transition": None,
    }


async def test_every_field_that_is_sent_comes_back(ada: AsyncClient, cover: str) -> None:
    fields = {
        "title": "T",
        "slug": "a-name",
        "excerpt": "E",
        "body": "<b>b</b>",
        "body_format": "html",
        "language": "pt-BR",
        "seo": {"title": "S", "description": "D", "canonical_url": "https://example.org/a"},
        "extensions": {"shop": {"amount": 3, "currency": "EUR"}},
    }

    created = await ada.post("/posts", json={**fields, "cover": cover, "tags": ["Two", "One"]})

    read = (await ada.get(f"/posts/{created.json()['id']}")).json()
    assert {name: read[name] for name in fields} == fields
    assert read["cover"] == {"id": cover, "alt": "A hat"}
    assert read["tags"] == [{"slug": "two", "name": "Two"}, {"slug": "one", "name": "One"}]
    assert read == created.json()


async def test_reading_again_with_the_etag_sends_no_body(ada: AsyncClient, write: Write) -> None:
    post = await write(ada)
    etag = (await ada.get(f"/posts/{post['id']}")).headers["etag"]

    again = await ada.get(f"/posts/{post['id']}", headers={"If-None-Match": etag})

    assert (again.status_code, again.content) == (304, b"")


async def test_each_change_makes_a_revision(ada: AsyncClient, write: Write) -> None:
    post = await write(ada, title="One", body="b")

    await ada.patch(f"/posts/{post['id']}", json={"title": "Two"})
    changed = await ada.patch(f"/posts/{post['id']}", json={"excerpt": "e"})

    assert changed.json()["revision"] == 3
    assert (changed.json()["title"], changed.json()["body"]) == ("Two", "b")
    assert changed.json()["updated_at"] > post["updated_at"]


@pytest.mark.parametrize("nothing", [{}, {"note": "Nothing"}, {"title": "One"}, {"tags": ["t"]}])
async def test_a_change_that_changes_nothing_makes_no_revision(
    ada: AsyncClient, write: Write, nothing: dict[str, Any]
) -> None:
    post = await write(ada, title="One", tags=["T"], seo={"title": "S"})
    before = await ada.get(f"/posts/{post['id']}")

    answer = await ada.patch(f"/posts/{post['id']}", json=nothing)

    assert answer.status_code == 200
    assert answer.json() == post
    assert answer.headers["etag"] == before.headers["etag"]


async def test_sending_back_what_was_read_changes_nothing(
    ada: AsyncClient, write: Write, cover: str
) -> None:
    post = await write(ada, seo={"title": "S"}, tags=["T"], cover=cover, body="b", language="de")
    same = ("title", "slug", "excerpt", "body", "body_format", "language", "seo", "extensions")
    body = {name: post[name] for name in same} | {"cover": cover, "tags": ["T"]}

    answer = await ada.patch(f"/posts/{post['id']}", json=body)

    assert answer.json() == post


async def test_null_means_the_default(ada: AsyncClient, write: Write, cover: str) -> None:
    post = await write(ada, title="One", slug="another", language="de", cover=cover)

    nulls = {"slug": None, "language": None, "cover": None, "author_id": None}
    changed = (await ada.patch(f"/posts/{post['id']}", json=nulls)).json()

    assert (changed["slug"], changed["language"], changed["cover"]) == ("one", "en", None)


async def test_a_body_keeps_its_format_when_only_the_text_changes(
    ada: AsyncClient, write: Write
) -> None:
    post = await write(ada, body="*a*")

    changed = (await ada.patch(f"/posts/{post['id']}", json={"body": "*b*"})).json()

    assert changed["body_html"] == "<p><em>b</em></p>\n"


async def test_a_body_is_rendered_again_when_its_format_changes(
    ada: AsyncClient, write: Write
) -> None:
    post = await write(ada, body="*a*")

    changed = (await ada.patch(f"/posts/{post['id']}", json={"body_format": "html"})).json()

    assert changed["body_html"] == "*a*"


async def test_readers_see_a_post_once_it_is_published(
    ada: AsyncClient, write: Write, delivered: Delivered
) -> None:
    post = await write(ada, title="News", body="b")
    assert await delivered("news") is None

    published = (await ada.post(f"/posts/{post['id']}/publish")).json()

    shown = await delivered("news")
    assert shown is not None
    assert (shown["body"], shown["revision"]) == ("b", 1)
    assert shown["published_at"] == published["published_at"] == shown["updated_at"]
    assert (published["status"], published["published_revision"]) == ("published", 1)


async def test_editing_a_live_post_changes_nothing_for_readers_until_it_is_published_again(
    ada: AsyncClient, write: Write, delivered: Delivered
) -> None:
    post = await write(ada, live=True, title="News", tags=["a"])

    edited = await ada.patch(f"/posts/{post['id']}", json={"title": "Olds", "tags": ["b"]})
    before = await delivered("news")
    again = (await ada.post(f"/posts/{post['id']}/publish")).json()
    after = await delivered("news")

    assert edited.json()["has_unpublished_changes"]
    assert (edited.json()["status"], edited.json()["published_revision"]) == ("published", 1)
    assert before is not None
    assert after is not None
    assert (before["title"], before["tags"]) == ("News", [{"slug": "a", "name": "a"}])
    assert (after["title"], after["tags"]) == ("Olds", [{"slug": "b", "name": "b"}])
    assert not again["has_unpublished_changes"]


async def test_publishing_again_keeps_the_date_of_publication(
    ada: AsyncClient, write: Write, delivered: Delivered
) -> None:
    post = await write(ada, live=True, title="News")

    await ada.patch(f"/posts/{post['id']}", json={"excerpt": "e"})
    await ada.post(f"/posts/{post['id']}/publish")

    shown = await delivered("news")
    assert shown is not None
    assert shown["published_at"] == post["published_at"]
    assert shown["updated_at"] > post["published_at"]


async def test_an_older_revision_can_be_published(
    ada: AsyncClient, write: Write, delivered: Delivered
) -> None:
    post = await write(ada, title="News", excerpt="one")
    await ada.patch(f"/posts/{post['id']}", json={"excerpt": "two"})

    published = await ada.post(f"/posts/{post['id']}/publish", json={"revision": 1})

    shown = await delivered("news")
    assert shown is not None
    assert shown["excerpt"] == "one"
    assert published.json()["has_unpublished_changes"]


async def test_a_revision_that_does_not_exist_is_not_published(
    ada: AsyncClient, write: Write
) -> None:
    post = await write(ada)

    refused = await ada.post(f"/posts/{post['id']}/publish", json={"revision": 2})

    assert (refused.status_code, refused.json()["code"]) == (422, "unknown-revision")
    assert refused.json()["errors"][0]["pointer"] == "/revision"


async def test_a_live_revision_is_not_published_twice(ada: AsyncClient, write: Write) -> None:
    post = await write(ada, live=True)

    again = await ada.post(f"/posts/{post['id']}/publish")

    assert (again.status_code, again.json()) == (200, post)


async def test_a_post_that_was_taken_down_is_gone_for_readers(
    ada: AsyncClient, write: Write, delivered: Delivered
) -> None:
    post = await write(ada, live=True, title="News")

    down = (await ada.post(f"/posts/{post['id']}/unpublish")).json()

    assert await delivered("news") is None
    assert (down["status"], down["published_revision"]) == ("unpublished", None)
    assert not down["has_unpublished_changes"]


async def test_a_post_that_is_not_live_is_not_taken_down(ada: AsyncClient, write: Write) -> None:
    post = await write(ada)

    answer = await ada.post(f"/posts/{post['id']}/unpublish")

    assert (answer.status_code, answer.json()) == (200, post)


async def test_a_post_that_comes_back_has_a_new_date(ada: AsyncClient, write: Write) -> None:
    post = await write(ada, live=True)
    await ada.post(f"/posts/{post['id']}/unpublish")

    again = (await ada.post(f"/posts/{post['id']}/publish")).json()

    assert again["published_at"] > post["published_at"]

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from httpx2 import AsyncClient
from sqlalchemy import func, select

from cms_core import CMS
from cms_posts.models import MODELS, Tag

Write = Callable[..., Awaitable[dict[str, Any]]]


async def test_a_live_post_in_the_trash_is_gone_for_readers(
    ada: AsyncClient, write: Write, cms_client: AsyncClient
) -> None:
    post = await write(ada, live=True, slug="news")

    trashed = await ada.delete(f"/posts/{post['id']}")

    assert trashed.status_code == 204
    assert (await cms_client.get("/api/v1/posts/news")).status_code == 404
    after = (await ada.get(f"/posts/{post['id']}")).json()
    assert (after["status"], after["published_revision"]) == ("trashed", None)


@pytest.mark.parametrize(("live", "status"), [(True, "unpublished"), (False, "draft")])
async def test_a_post_comes_back_from_the_trash_but_not_to_readers(
    ada: AsyncClient, write: Write, live: bool, status: str
) -> None:
    post = await write(ada, live=live)
    await ada.delete(f"/posts/{post['id']}")

    back = await ada.post(f"/posts/{post['id']}/untrash")

    assert (back.status_code, back.json()["status"]) == (200, status)
    assert back.json()["published_revision"] is None


async def test_trash_and_untrash_change_nothing_twice(ada: AsyncClient, write: Write) -> None:
    path = f"/posts/{(await write(ada))['id']}"

    fresh = await ada.post(f"{path}/untrash")
    await ada.delete(path)
    first = await ada.get(path)
    await ada.delete(path)

    assert fresh.json()["revision"] == 1
    assert (await ada.get(path)).headers["etag"] == first.headers["etag"]


async def test_a_post_in_the_trash_does_not_change(ada: AsyncClient, write: Write) -> None:
    path = f"/posts/{(await write(ada))['id']}"
    await ada.delete(path)
    trashed = (await ada.get(path)).json()

    answers = [
        await ada.patch(path, json={"title": "New"}),
        await ada.post(f"{path}/publish"),
        await ada.post(f"{path}/unpublish"),
        await ada.post(f"{path}/revisions/1/restore"),
        await ada.post(f"{path}/preview-links", json={"expires_in": 60}),
    ]

    assert [answer.status_code for answer in answers] == 5 * [409]
    assert {answer.json()["code"] for answer in answers} == {"post-in-trash"}
    assert (await ada.get(path)).json() == trashed


async def test_only_what_is_in_the_trash_is_purged(eve: AsyncClient, write: Write) -> None:
    post = await write(eve)

    refused = await eve.post(f"/posts/{post['id']}/purge")

    assert (refused.status_code, refused.json()["code"]) == (409, "post-not-in-trash")
    assert (await eve.get(f"/posts/{post['id']}")).status_code == 200


async def test_a_purge_leaves_nothing_but_tags(
    eve: AsyncClient, write: Write, cms_app: CMS
) -> None:
    path = f"/posts/{(await write(eve, live=True, tags=['t']))['id']}"
    await eve.patch(path, json={"title": "Two"})
    await eve.post(f"{path}/preview-links", json={"expires_in": 60})
    await eve.delete(path)

    purged = await eve.post(f"{path}/purge")

    assert purged.status_code == 204
    assert (await eve.get(path)).status_code == 404
    async with cms_app.db.snapshot() as session:
        for model in MODELS:
            rows = (await session.execute(select(func.count()).select_from(model))).scalar_one()
            assert rows == (1 if model is Tag else 0), model


async def test_a_purge_frees_the_names(eve: AsyncClient, write: Write) -> None:
    post = await write(eve, slug="news")
    await eve.patch(f"/posts/{post['id']}", json={"slug": "olds"})
    await eve.delete(f"/posts/{post['id']}")
    assert (await eve.post("/posts", json={"title": "T", "slug": "news"})).status_code == 409

    await eve.post(f"/posts/{post['id']}/purge")

    for slug in ("news", "olds"):
        assert (await eve.post("/posts", json={"title": "T", "slug": slug})).status_code == 201

from collections.abc import Awaitable, Callable
from typing import Any

from httpx2 import AsyncClient

Write = Callable[..., Awaitable[dict[str, Any]]]


async def seen(client: AsyncClient, post: dict[str, Any]) -> tuple[bool, str | None, list[str]]:
    answer = (await client.get(f"/posts/{post['id']}/visibility")).json()
    return answer["visible"], answer["url"], [reason["code"] for reason in answer["reasons"]]


async def test_a_draft_is_not_visible(ada: AsyncClient, write: Write) -> None:
    assert await seen(ada, await write(ada)) == (False, None, ["draft"])


async def test_a_live_post_is_visible_on_its_page(ada: AsyncClient, write: Write) -> None:
    post = await write(ada, live=True, slug="news")

    assert await seen(ada, post) == (True, "http://test/posts/news", ["published"])


async def test_changes_that_readers_do_not_see_yet_are_told(ada: AsyncClient, write: Write) -> None:
    post = await write(ada, live=True, slug="news")
    await ada.patch(f"/posts/{post['id']}", json={"slug": "olds"})

    visible, url, reasons = await seen(ada, post)

    assert (visible, url) == (True, "http://test/posts/news")
    assert reasons == ["published", "unpublished-changes"]


async def test_a_post_that_was_taken_down_is_not_visible(ada: AsyncClient, write: Write) -> None:
    post = await write(ada, live=True)
    await ada.post(f"/posts/{post['id']}/unpublish")

    assert await seen(ada, post) == (False, None, ["unpublished"])


async def test_a_post_in_the_trash_is_not_visible(ada: AsyncClient, write: Write) -> None:
    post = await write(ada)
    await ada.delete(f"/posts/{post['id']}")

    assert await seen(ada, post) == (False, None, ["trashed", "draft"])


async def test_who_can_not_publish_is_told(
    ada: AsyncClient, sign_in: Callable[..., Awaitable[AsyncClient]], write: Write
) -> None:
    trainee = await sign_in(permissions=["posts:write"], name="Ada")

    assert (await seen(trainee, await write(ada)))[2] == ["draft", "may-not-publish"]


async def test_an_author_whom_nobody_knows_is_told(
    sign_in: Callable[..., Awaitable[AsyncClient]], write: Write
) -> None:
    stranger = await sign_in("author", name="Stranger")

    assert (await seen(stranger, await write(stranger)))[2] == ["draft", "unknown-author"]

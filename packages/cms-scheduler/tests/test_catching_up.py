"""Readers who come before the worker: they see what is due, or wait, or are told to come again."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from httpx2 import AsyncClient
from sqlalchemy import Select, column, select, table

from cms_core import CMS, Subscriber, Transaction, after_commit, before_commit, hookimpl
from cms_posts import PostPublished, PostUnpublished
from cms_scheduler.jobs import catch_up

if TYPE_CHECKING:
    from tests.conftest import Plan, Soon, Until, Write


class Diary:
    """A plugin that notes when posts come and go, and when their coming was committed."""

    entries: ClassVar[list[str]] = []

    @staticmethod
    @hookimpl
    def register_subscribers() -> list[Subscriber]:
        async def comes(_: Transaction, event: PostPublished) -> None:
            Diary.entries.append("comes")

        async def has_come(_: CMS, event: PostPublished) -> None:
            Diary.entries.append("has come")

        async def goes(_: Transaction, event: PostUnpublished) -> None:
            Diary.entries.append("goes")

        return [
            before_commit(PostPublished, comes),
            after_commit(PostPublished, has_come),
            before_commit(PostUnpublished, goes),
        ]


POSTS: Select[Any] = select(column("id")).select_from(table("posts")).with_for_update()


@pytest.fixture
def cms_plugins(cms_plugins: list[object]) -> list[object]:
    Diary.entries = []
    return [*cms_plugins, Diary]


@pytest.fixture
async def overdue(ada: AsyncClient, write: Write, plan: Plan, soon: Soon, until: Until) -> str:
    """The path of a post that is to be live by now."""
    post = await write(ada, slug="overdue")
    at = await soon()
    await plan(ada, post, at=at)
    await until(at)
    return "/api/v1/posts/overdue"


@pytest.fixture
async def missed(ada: AsyncClient, write: Write, plan: Plan, soon: Soon, until: Until) -> str:
    """The path of a plan by which a post was to be live, and to be gone again, by now."""
    post = await write(ada)
    first, second = await soon(3.0), await soon(3.1)
    await plan(ada, post, at=first)
    await plan(ada, post, at=second, action="unpublish")
    await until(second)
    return f"/posts/{post['id']}/schedule"


async def test_a_reader_applies_no_more_than_its_share(
    cms_app: CMS, ada: AsyncClient, write: Write, plan: Plan, soon: Soon, until: Until
) -> None:
    posts = [await write(ada) for _ in range(3)]
    at = await soon(4)  # each plan takes a while
    for post in posts:
        await plan(ada, post, at=at)
    await until(at)

    shares = [await catch_up(cms_app, share=2), await catch_up(cms_app, share=2)]

    assert shares == [True, False]


async def test_all_that_a_post_has_missed_is_caught_up_at_once(
    cms_app: CMS, ada: AsyncClient, missed: str
) -> None:
    assert await catch_up(cms_app) is False

    states = (await ada.get(f"{missed}?state=applied")).json()["items"]
    assert [each["action"] for each in states] == ["publish", "unpublish"]


async def test_a_reader_holds_no_post_while_it_applies_what_comes_next(
    cms_app: CMS, missed: str
) -> None:
    await catch_up(cms_app)

    assert Diary.entries == ["comes", "has come", "goes"]


async def test_a_reader_waits_for_who_holds_the_post(
    cms_app: CMS, cms_client: AsyncClient, overdue: str
) -> None:
    async with cms_app.db.transaction() as session:
        await session.execute(POSTS)
        reading = asyncio.create_task(cms_client.get(overdue))
        await asyncio.sleep(0.2)
        assert not reading.done()

    assert (await reading).status_code == 200


async def test_a_reader_who_has_waited_too_long_is_never_told_the_old_state(
    cms_app: CMS, cms_client: AsyncClient, overdue: str
) -> None:
    async with cms_app.db.transaction() as session:
        await session.execute(POSTS)
        answer = await cms_client.get(overdue)

    assert answer.status_code == 503
    assert "retry-after" in answer.headers
    assert (await cms_client.get(overdue)).status_code == 200


async def test_readers_who_come_together_all_see_it(cms_client: AsyncClient, overdue: str) -> None:
    answers = await asyncio.gather(*(cms_client.get(overdue) for _ in range(8)))

    assert [answer.text for answer in answers if answer.status_code != 200] == []

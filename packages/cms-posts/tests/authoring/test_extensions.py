"""Fields that other plugins add to posts."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest
from httpx2 import AsyncClient
from pydantic import BaseModel
from sqlalchemy import select, update

from cms_core import CMS, Conflict, Transaction, before_commit, hookimpl
from cms_core.events import Subscriber
from cms_posts.events import PostPublished
from cms_posts.extensions import Extensions, PostExtension
from cms_posts.models import PostRevision

Write = Callable[..., Awaitable[dict[str, Any]]]


class NotPriced(Conflict):
    """A post without a price is not published."""


async def must_be_priced(session: Transaction, event: PostPublished) -> None:
    """Read what is about to be live, in the transaction that makes it live."""
    parts = select(PostRevision.extensions).where(
        PostRevision.post_id == event.post_id, PostRevision.number == event.revision
    )
    if "shop" not in (await session.execute(parts)).scalar_one():
        raise NotPriced


class Veto:
    """A plugin that has a say in what is published."""

    @staticmethod
    @hookimpl
    def register_subscribers() -> list[Subscriber]:
        return [before_commit(PostPublished, must_be_priced)]


async def test_the_schema_of_the_plugin_reads_its_fields(ada: AsyncClient, write: Write) -> None:
    post = await write(ada, extensions={"shop": {"amount": 3}})

    assert post["extensions"] == {"shop": {"amount": 3, "currency": "EUR"}}


@pytest.mark.parametrize(
    ("extensions", "pointer"),
    [
        ({"shop": {"amount": -1}}, "/extensions/shop/amount"),
        ({"shop": {}}, "/extensions/shop/amount"),
        ({"shop": {"amount": 1, "colour": "red"}}, "/extensions/shop/colour"),
        ({"unknown": {}}, "/extensions/unknown"),
        ({"unknown": None}, "/extensions/unknown"),
    ],
)
async def test_fields_that_the_plugin_does_not_accept_are_refused(
    ada: AsyncClient, extensions: Any, pointer: str
) -> None:
    refused = await ada.post("/posts", json={"title": "T", "extensions": extensions})

    assert (refused.status_code, refused.json()["code"]) == (422, "unacceptable-extensions")
    assert [error["pointer"] for error in refused.json()["errors"]] == [pointer]


async def test_extensions_are_replaced_plugin_by_plugin(ada: AsyncClient, write: Write) -> None:
    both = {"shop": {"amount": 1, "currency": "EUR"}, "desk": {"amount": 2, "currency": "EUR"}}
    path = f"/posts/{(await write(ada, extensions=both))['id']}"

    changed = (await ada.patch(path, json={"extensions": {"shop": {"amount": 5}}})).json()
    without = (await ada.patch(path, json={"extensions": {"shop": None}})).json()

    assert changed["extensions"] == {**both, "shop": {"amount": 5, "currency": "EUR"}}
    assert without["extensions"] == {"desk": both["desk"]}


async def test_readers_see_what_the_plugin_shows_them(
    ada: AsyncClient, write: Write, cms_client: AsyncClient
) -> None:
    both = {"shop": {"amount": 1, "currency": "EUR"}, "desk": {"amount": 2, "currency": "EUR"}}
    await write(ada, live=True, slug="news", extensions=both)

    shown = (await cms_client.get("/api/v1/posts/news")).json()

    assert shown["extensions"] == {"shop": both["shop"]}


async def test_fields_of_an_absent_plugin_are_kept_for_its_return(
    ada: AsyncClient, write: Write, cms_app: CMS, cms_client: AsyncClient
) -> None:
    post = await write(ada, live=True, slug="news")
    kept = {"gone": {"x": 1}}
    async with cms_app.db.transaction() as session:
        this = PostRevision.post_id == UUID(post["id"])
        await session.execute(update(PostRevision).where(this).values(extensions=kept))

    changed = await ada.patch(
        f"/posts/{post['id']}", json={"title": "New", "extensions": {"shop": {"amount": 1}}}
    )

    assert changed.json()["extensions"] == {**kept, "shop": {"amount": 1, "currency": "EUR"}}
    await ada.post(f"/posts/{post['id']}/publish")
    shown = (await cms_client.get("/api/v1/posts/news")).json()
    assert set(shown["extensions"]) == {"shop"}


async def test_extensions_are_bounded(ada: AsyncClient) -> None:
    large = {"shop": {"amount": 1, "currency": "x" * 65_536}}

    refused = await ada.post("/posts", json={"title": "T", "extensions": large})

    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "/extensions"


def test_two_extensions_of_one_name_are_refused() -> None:
    extension = PostExtension("shop", BaseModel)

    with pytest.raises(ValueError, match="'shop'"):
        Extensions([extension, extension])


class TestWithAPluginThatVetoes:
    @pytest.fixture
    def cms_plugins(self, cms_plugins: list[object]) -> list[object]:
        return [*cms_plugins, Veto]

    async def test_what_it_refuses_is_not_published(
        self, ada: AsyncClient, write: Write, cms_client: AsyncClient
    ) -> None:
        post = await write(ada, slug="news")

        refused = await ada.post(f"/posts/{post['id']}/publish")

        assert (refused.status_code, refused.json()["code"]) == (409, "not-priced")
        assert (await ada.get(f"/posts/{post['id']}")).json() == post
        assert (await cms_client.get("/api/v1/posts/news")).status_code == 404

    async def test_what_it_accepts_is_published(self, ada: AsyncClient, write: Write) -> None:
        post = await write(ada, live=True, extensions={"shop": {"amount": 1}})

        assert post["status"] == "published"

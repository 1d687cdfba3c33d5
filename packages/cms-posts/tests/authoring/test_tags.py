"""The tags of working copies."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from httpx2 import AsyncClient
from sqlalchemy import select, update

from cms_core import CMS, Principal
from cms_posts.models import Tag
from cms_posts.service.publication import publish_post

Write = Callable[..., Awaitable[dict[str, Any]]]


async def slugs_of_tags(cms: CMS) -> list[str]:
    async with cms.db.snapshot() as session:
        return sorted((await session.execute(select(Tag.slug))).scalars())


async def merge(cms: CMS, slug: str, into: str) -> None:
    target = select(Tag.id).where(Tag.slug == into).scalar_subquery()
    async with cms.db.transaction() as session:
        await session.execute(update(Tag).where(Tag.slug == slug).values(merged_into=target))


async def test_a_new_name_makes_a_tag(ada: AsyncClient, write: Write, cms_app: CMS) -> None:
    post = await write(ada, tags=["Café  au lait"])

    assert post["tags"] == [{"slug": "cafe-au-lait", "name": "Café au lait"}]
    assert await slugs_of_tags(cms_app) == ["cafe-au-lait"]


async def test_names_with_one_slug_are_one_tag(
    ada: AsyncClient, write: Write, cms_app: CMS
) -> None:
    post = await write(ada, tags=["Café", "cafe", "CAFE"])
    other = await write(ada, tags=["cafe"])

    assert post["tags"] == other["tags"] == [{"slug": "cafe", "name": "Café"}]
    assert await slugs_of_tags(cms_app) == ["cafe"]


async def test_tags_keep_the_order_of_the_author(ada: AsyncClient, write: Write) -> None:
    post = await write(ada, tags=["C", "A", "B"])
    await write(ada, tags=["B", "A", "C"])

    read = (await ada.get(f"/posts/{post['id']}")).json()

    assert [tag["name"] for tag in read["tags"]] == ["C", "A", "B"]


async def test_tags_are_replaced_as_a_whole(ada: AsyncClient, write: Write) -> None:
    post = await write(ada, tags=["A", "B"])

    changed = (await ada.patch(f"/posts/{post['id']}", json={"tags": ["B", "C"]})).json()

    assert [tag["slug"] for tag in changed["tags"]] == ["b", "c"]
    assert (await ada.get("/posts?tag=a")).json()["items"] == []
    assert len((await ada.get("/posts?tag=c")).json()["items"]) == 1


async def test_a_tag_that_was_merged_stands_for_the_other(
    ada: AsyncClient, write: Write, cms_app: CMS
) -> None:
    await write(ada, tags=["Old", "New"])
    await merge(cms_app, "old", into="new")

    post = await write(ada, tags=["Old"])

    assert post["tags"] == [{"slug": "new", "name": "New"}]


async def test_a_merge_is_no_change_of_a_post(ada: AsyncClient, write: Write, cms_app: CMS) -> None:
    await write(ada, tags=["New"])
    post = await write(ada, tags=["Old"])
    await merge(cms_app, "old", into="new")

    same = (await ada.patch(f"/posts/{post['id']}", json={"tags": ["New"]})).json()

    assert same["tags"] == [{"slug": "new", "name": "New"}]
    assert same["revision"] == 1


async def test_posts_with_the_same_new_tags_are_written_at_once(
    ada: AsyncClient, cms_app: CMS
) -> None:
    names = ["One", "Two", "Three"]
    orders = [names, names[::-1], names[1:] + names[:1]] * 4

    answers = await asyncio.gather(
        *(ada.post("/posts", json={"title": "T", "tags": order}) for order in orders)
    )

    assert {answer.status_code for answer in answers} == {201}
    assert await slugs_of_tags(cms_app) == ["one", "three", "two"]


async def test_a_tag_is_not_renamed_while_a_post_with_it_is_being_published(
    ada: AsyncClient, write: Write, cms_app: CMS, cms_principal: Callable[..., Principal]
) -> None:
    """Else the list under the new name would be cached with the old post, and never renewed."""
    post = await write(ada, live=True, tags=["Old"])
    await ada.patch(f"/posts/{post['id']}", json={"excerpt": "new"})

    async def rename() -> None:
        async with cms_app.db.transaction() as session:
            await session.execute(update(Tag).where(Tag.slug == "old").values(slug="new"))

    async with cms_app.db.transaction() as session:
        by, now = cms_principal("admin"), await session.now()
        await publish_post(session, UUID(post["id"]), by=by, now=now)
        renaming = asyncio.create_task(rename())
        await asyncio.sleep(0.3)

        assert not renaming.done()
    await renaming

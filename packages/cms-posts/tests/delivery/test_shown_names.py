"""Names that posts show of others, and process by process keep: a new one is seen at once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from uuid import UUID

import pytest
from httpx2 import AsyncClient
from sqlalchemy.ext.asyncio import AsyncSession

from cms_core import CMS, Principal, Resolved, Resolver, hookimpl, new_id
from cms_posts.service.storing import WholePost
from cms_posts.service.tags import merge_tag, rename_tag

Make = Callable[..., WholePost]
Store = Callable[..., Awaitable[list[WholePost]]]
ADMIN = Principal(new_id(), "admin", frozenset())
LIST = "/api/v1/posts"
PATHS = (LIST, f"{LIST}/post-1", f"{LIST}?tag=sea")


class Directory:
    """Knows everybody by a name that may change; some tell which scope stands for it."""

    def __init__(self) -> None:
        self.names: dict[UUID, str] = {}
        self.asked = 0
        self.scopes: frozenset[str] = frozenset()

    async def resolve(self, _: AsyncSession, ids: frozenset[UUID]) -> Mapping[UUID, Resolved]:
        self.asked += 1
        return {
            id: Resolved({"name": self.names[id]}, self.scopes) for id in ids if id in self.names
        }

    def hooks(self) -> type:
        resolver = Resolver("principal", self.resolve)

        class Neighbours:
            @staticmethod
            @hookimpl
            def register_resolvers() -> list[Resolver]:
                return [resolver]

        return Neighbours


@pytest.fixture
def directory() -> Directory:
    return Directory()


@pytest.fixture
def cms_plugins(directory: Directory) -> list[object]:
    return ["posts", directory.hooks()]


async def shown(client: AsyncClient, path: str) -> dict[str, object]:
    """The post of a list or of a single answer."""
    answer = (await client.get(path)).json()
    post: dict[str, object] = answer["items"][0] if "items" in answer else answer
    return post


@pytest.mark.parametrize("scope", [None, "account:ada"])
async def test_a_new_name_of_an_author_is_shown_at_once(
    cms_app: CMS,
    cms_client: AsyncClient,
    directory: Directory,
    make: Make,
    store: Store,
    ada: UUID,
    scope: str | None,
) -> None:
    directory.scopes = frozenset({scope} if scope else ())
    for number in range(3):
        directory.names[ada] = f"Ada {number}"
        if not number:
            await store(make(1, tags=["Sea"]))
        async with cms_app.db.transaction() as session:
            session.touch(scope or f"principal:{ada}", "principal:any")
        for path in PATHS * 2:
            post = await shown(cms_client, path)
            assert post["author"] == {"id": str(ada), "name": f"Ada {number}"}


@pytest.mark.parametrize("cms_engine", ["sqlite"])
async def test_answers_share_the_names_that_they_show(
    cms_client: AsyncClient, directory: Directory, make: Make, store: Store, ada: UUID
) -> None:
    directory.names[ada] = "Ada"
    await store(*(make(number) for number in range(5)))
    for number in range(5):
        await cms_client.get(f"{LIST}/post-{number}")
    assert directory.asked == 1


async def test_a_new_name_of_a_tag_is_shown_at_once(
    cms_app: CMS, cms_client: AsyncClient, make: Make, store: Store
) -> None:
    await store(make(1, tags=["Sea"]))
    for name in ("Sea", "Ocean", "Deep"):
        await cms_app.db.run(lambda session: rename_tag(session, "sea", by=ADMIN, name=name))  # noqa: B023 - run at once
        for path in PATHS * 2:
            assert (await shown(cms_client, path))["tags"] == [{"slug": "sea", "name": name}]


@pytest.mark.parametrize("cms_engine", ["sqlite"])
async def test_a_merged_tag_is_shown_as_the_other_one_at_once(
    cms_app: CMS, cms_client: AsyncClient, make: Make, store: Store
) -> None:
    await store(make(1, tags=["Sea"]), make(0, tags=["Ocean"]))
    for path in PATHS:
        await cms_client.get(path)
    await cms_app.db.run(lambda session: merge_tag(session, "sea", "ocean", by=ADMIN))
    for path in PATHS:
        assert (await shown(cms_client, path))["tags"] == [{"slug": "ocean", "name": "Ocean"}]


@pytest.mark.parametrize("cms_engine", ["sqlite"])
async def test_an_edit_of_one_post_leaves_the_others_in_the_cache(
    cms_client: AsyncClient, make: Make, store: Store
) -> None:
    await store(make(1, tags=["Art"]), make(2, tags=["Sea"]))
    paths = [f"{LIST}/post-1", f"{LIST}?tag=art", f"{LIST}?tag=sea", f"{LIST}/post-2", "/feed.atom"]
    for path in paths:
        await cms_client.get(path)
    await store(make(3, tags=["Sea"]))

    hits = [path for path in paths if "hit" in (await cms_client.get(path)).headers["cache-status"]]

    assert hits == [f"{LIST}/post-1", f"{LIST}?tag=art", f"{LIST}/post-2"]

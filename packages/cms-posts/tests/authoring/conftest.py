from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any
from uuid import NAMESPACE_DNS, UUID, uuid5

import pytest
from httpx2 import AsyncClient
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms_core import CMS, Resolved, Resolver, hookimpl
from cms_core.db.generations import Generation
from cms_posts.extensions import Door, PostExtension

SignIn = Callable[..., Awaitable[AsyncClient]]

COVER = UUID("0190a000-0000-7000-8000-0000000000c0")
PEOPLE = {uuid5(NAMESPACE_DNS, name): name for name in ("Ada", "Bob", "Eve")}


class Neighbours:
    """Stands in for the packages that know accounts and media."""

    @staticmethod
    @hookimpl
    def register_resolvers() -> list[Resolver]:
        async def people(_: AsyncSession, ids: frozenset[UUID]) -> Mapping[UUID, Resolved]:
            return {id: Resolved({"name": PEOPLE[id]}) for id in ids if id in PEOPLE}

        async def media(_: AsyncSession, ids: frozenset[UUID]) -> Mapping[UUID, Resolved]:
            return {id: Resolved({"id": str(id), "alt": "A hat"}) for id in ids if id == COVER}

        return [Resolver("principal", people), Resolver("media", media)]


class Price(BaseModel):
    model_config = ConfigDict(extra="forbid")

    amount: int = Field(ge=0)
    currency: str = "EUR"


class Shop:
    """A plugin that sells posts and keeps notes that readers don't see."""

    @staticmethod
    @hookimpl
    def register_post_extensions() -> Sequence[PostExtension]:
        hidden = PostExtension("desk", Price, frozenset({Door.AUTHORING}))
        return [PostExtension("shop", Price), hidden]


@pytest.fixture
def cms_plugins() -> list[object]:
    return ["posts", Neighbours, Shop]


@pytest.fixture
def sign_in(
    cms_sign_in: SignIn,
) -> SignIn:
    """``await sign_in("author", name="Ada")``: a client of the authoring door."""
    return partial(cms_sign_in, path="/api/v1/admin")


@pytest.fixture
async def ada(sign_in: SignIn) -> AsyncClient:
    """An author."""
    return await sign_in("author", name="Ada")


@pytest.fixture
async def bob(sign_in: SignIn) -> AsyncClient:
    """Another author."""
    return await sign_in("author", name="Bob")


@pytest.fixture
async def eve(sign_in: SignIn) -> AsyncClient:
    """An editor."""
    return await sign_in("editor", name="Eve")


@pytest.fixture
def ids() -> dict[str, str]:
    """The ids of Ada, Bob and Eve."""
    return {name: str(id) for id, name in PEOPLE.items()}


@pytest.fixture
def cover() -> str:
    """The id of a media object."""
    return str(COVER)


Write = Callable[..., Awaitable[dict[str, Any]]]


@pytest.fixture
def write() -> Write:
    """``await write(ada, title="…", live=False, …)``: the post that was created (and published)."""

    async def write(client: AsyncClient, *, live: bool = False, **fields: Any) -> dict[str, Any]:
        created = await client.post("/posts", json={"title": "A title", **fields})
        assert created.status_code == 201, created.text
        post: dict[str, Any] = created.json()
        if live:
            published = await client.post(f"/posts/{post['id']}/publish")
            assert published.status_code == 200, published.text
            post = published.json()
        return post

    return write


@pytest.fixture
def generations(cms_app: CMS) -> Callable[[], Awaitable[dict[str, UUID]]]:
    """``await generations()``: the present generation of each scope."""

    async def generations() -> dict[str, UUID]:
        async with cms_app.db.snapshot() as session:
            rows = await session.execute(select(Generation.scope, Generation.gen))
            return {row.scope: row.gen for row in rows}

    return generations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import NAMESPACE_DNS, UUID, uuid5

import pytest
from httpx2 import AsyncClient
from sqlalchemy.ext.asyncio import AsyncSession

from cms_core import CMS, Resolved, Resolver, hookimpl

PEOPLE = {uuid5(NAMESPACE_DNS, name): name for name in ("Ada", "Bob", "Eve")}

SignIn = Callable[..., Awaitable[AsyncClient]]
Write = Callable[..., Awaitable[dict[str, Any]]]
Plan = Callable[..., Awaitable[dict[str, Any]]]
Soon = Callable[..., Awaitable[str]]
Until = Callable[[str], Awaitable[None]]


class Accounts:
    """Stands in for the package that knows accounts."""

    @staticmethod
    @hookimpl
    def register_resolvers() -> list[Resolver]:
        async def people(_: AsyncSession, ids: frozenset[UUID]) -> Mapping[UUID, Resolved]:
            return {id: Resolved({"name": PEOPLE[id]}) for id in ids if id in PEOPLE}

        return [Resolver("principal", people)]


@pytest.fixture
def cms_plugins() -> list[object]:
    return ["posts", "scheduler", Accounts]


@pytest.fixture
def sign_in(cms_sign_in: SignIn) -> SignIn:
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
def write() -> Write:
    """``await write(ada, live=True, title="…")``: the post that was created (and published)."""

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
def plan() -> Plan:
    """``await plan(ada, post, at=…, action="unpublish")``: the transition that was planned."""

    async def plan(
        client: AsyncClient,
        post: Mapping[str, Any],
        at: object,
        action: str = "publish",
        **more: Any,
    ) -> dict[str, Any]:
        body = {"action": action, "at": at, **more}
        planned = await client.post(f"/posts/{post['id']}/schedule", json=body)
        assert planned.status_code == 201, planned.text
        transition: dict[str, Any] = planned.json()
        return transition

    return plan


@pytest.fixture
def soon(cms_app: CMS) -> Soon:
    """``await soon(2.5)``: an instant so many seconds from now, by the database's clock."""

    async def soon(seconds: float = 2.5) -> str:
        return shown(await _now(cms_app) + timedelta(seconds=seconds))

    return soon


@pytest.fixture
def until(cms_app: CMS) -> Until:
    """``await until(instant)`` returns once the database's clock shows it."""

    async def until(instant: str) -> None:
        left = datetime.fromisoformat(instant) - await _now(cms_app)
        # SQLite tells milliseconds.
        await asyncio.sleep(max(left.total_seconds(), 0.0) + 0.005)

    return until


async def _now(cms: CMS) -> datetime:
    async with cms.db.snapshot() as session:
        return await session.now()


def shown(instant: datetime) -> str:
    """An instant as the API shows it."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")

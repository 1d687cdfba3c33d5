from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

import pytest
from httpx2 import ASGITransport, AsyncClient, Response

from cms_auth.context import password_hasher
from cms_auth.service.accounts import NewUser, create_user
from cms_core import CMS, Settings, Transaction, build_cms
from cms_core.api import create_api
from cms_core.plugins.contributions import Plugin

PASSWORD = "quartz-lantern-92-meadow"

#: The least that hashing may cost: tests sign in often.
CHEAP = {"auth": {"password_memory": 19 * 1024, "password_passes": 2}}

Register = Callable[..., Awaitable["Account"]]


@dataclass(frozen=True)
class Account:
    """Somebody who can sign in."""

    id: UUID
    email: str
    password: str


@dataclass(frozen=True)
class Tokens:
    """What signing in gives."""

    access: str
    refresh: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.access}"}


class Visitor:
    """Somebody with a client who signs in."""

    def __init__(self, client: AsyncClient) -> None:
        self.client = client

    async def login(self, account: Account | None = None, **instead: str) -> Response:
        """Try to sign in, with other fields where given."""
        own = {"email": account.email, "password": account.password} if account else {}
        sent = {**own, **instead}
        return await self.client.post("/api/v1/auth/login", json=sent)

    async def sign_in(self, account: Account | None = None, **instead: str) -> Tokens:
        """Begin a session."""
        return tokens_of(await self.login(account, **instead))

    async def refresh(self, token: str) -> Response:
        """Try to exchange a refresh token."""
        return await self.client.post("/api/v1/auth/refresh", json={"refresh_token": token})

    async def renew(self, tokens: Tokens) -> Tokens:
        """Exchange the refresh token."""
        return tokens_of(await self.refresh(tokens.refresh))

    async def logout(self, tokens: Tokens) -> Response:
        """Try to sign out."""
        return await self.client.post("/api/v1/auth/logout", headers=tokens.headers)

    async def status(self, tokens: Tokens) -> int:
        """The status of a request with the access token."""
        answer = await self.client.get("/api/v1/admin/me", headers=tokens.headers)
        return answer.status_code


def tokens_of(answer: Response) -> Tokens:
    """The pair that an answer holds."""
    assert answer.status_code == 200, answer.text
    pair = answer.json()
    return Tokens(pair["access_token"], pair["refresh_token"])


@pytest.fixture
def cms_plugins() -> list[object]:
    return ["auth"]


@pytest.fixture
def cms_settings(cms_settings: Settings) -> Settings:
    return cms_settings.model_copy(update={"plugin_settings": CHEAP})


@pytest.fixture
def register(cms_app: CMS) -> Register:
    """``await register(role="author")``: an account with a password, straight in the database."""
    hasher = password_hasher(cms_app)
    count = 0

    async def register(
        role: str = "author", email: str | None = None, name: str = "Ada"
    ) -> Account:
        nonlocal count
        count += 1
        email = email or f"user{count}@example.com"
        new = NewUser(email, name, role, await hasher.hash(PASSWORD))

        async def work(session: Transaction) -> UUID:
            return (await create_user(session, new, by=None, now=await session.now())).id

        return Account(await cms_app.db.run(work), email, PASSWORD)

    return register


@pytest.fixture
def visitor(cms_client: AsyncClient) -> Visitor:
    """A visitor of the CMS under test."""
    return Visitor(cms_client)


@pytest.fixture
async def elsewhere(cms_settings: Settings, cms_plugin_set: list[Plugin]) -> AsyncIterator[Visitor]:
    """A visitor of a second CMS on the same database, as another process would be."""
    app = create_api(build_cms(cms_settings, cms_plugin_set))
    async with (
        app.router.lifespan_context(app),
        AsyncClient(transport=ASGITransport(app), base_url="http://test") as client,
    ):
        yield Visitor(client)

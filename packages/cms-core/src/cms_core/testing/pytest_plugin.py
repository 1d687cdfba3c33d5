"""The fixtures of cms-core, offered to every pytest run where it is installed.

They need pytest-asyncio in auto mode. Whatever touches the database runs on SQLite and on
PostgreSQL (with Redis); ``--cms-engines=sqlite`` narrows. Override `cms_plugins` to choose the set
of plugins and `cms_settings` to change settings.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractContextManager, AsyncExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_DNS, uuid5

import pytest

if TYPE_CHECKING:
    from fastapi import FastAPI
    from httpx2 import AsyncClient

    from cms_core.app import CMS
    from cms_core.db.session import TransactionSession
    from cms_core.plugins.contributions import Plugin
    from cms_core.security import Principal
    from cms_core.settings import Settings
    from cms_core.testing.databases import Templates
    from cms_core.testing.drivers import MigrationsDriver, WorkerDriver
    from cms_core.testing.recorders import EventRecorder

ENGINES = ("sqlite", "postgres")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.getgroup("cms").addoption(
        "--cms-engines",
        default=",".join(ENGINES),
        help="database engines that tests run on, comma-separated (default: %(default)s)",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    chosen = config.getoption("--cms-engines").split(",")
    unwanted = [item for item in items if _engine_of(item) not in (None, *chosen)]
    if unwanted:
        config.hook.pytest_deselected(items=unwanted)
        items[:] = [item for item in items if item not in unwanted]


def _engine_of(item: pytest.Item) -> str | None:
    callspec = getattr(item, "callspec", None)
    return callspec.params.get("cms_engine") if callspec else None


@pytest.fixture(params=ENGINES)
def cms_engine(request: pytest.FixtureRequest) -> str:
    """The database engine of this run of the test: ``sqlite`` or ``postgres``."""
    engine: str = request.param
    return engine


@pytest.fixture(scope="session")
def cms_postgres() -> Iterator[str]:
    """The URL of a real PostgreSQL server."""
    from cms_core.testing.servers import postgres_server

    with postgres_server() as url:
        yield url


@pytest.fixture(scope="session")
def cms_redis() -> Iterator[str]:
    """The URL of a real Redis, with a database of its own for each pytest-xdist worker."""
    from cms_core.testing.servers import redis_server

    number = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
    with redis_server() as url:
        yield f"{url.rpartition('/')[0]}/{int(number) % 16}"


@pytest.fixture(scope="session")
def cms_sqlite_templates(tmp_path_factory: pytest.TempPathFactory) -> Templates:
    """The migrated files that tests get copies of."""
    from cms_core.testing.databases import SQLiteTemplates

    return SQLiteTemplates(tmp_path_factory.mktemp("cms-databases"))


@pytest.fixture(scope="session")
def cms_postgres_templates(cms_postgres: str) -> Iterator[Templates]:
    """The migrated databases that tests get copies of."""
    from cms_core.testing.databases import PostgresTemplates

    templates = PostgresTemplates(cms_postgres)
    yield templates
    asyncio.run(templates.drop())


@pytest.fixture
def cms_plugins() -> Sequence[Any] | None:
    """Override this: names of installed plugins, or modules. None means all that are installed."""
    return None


@pytest.fixture
def cms_plugin_set(cms_plugins: Sequence[Any] | None) -> list[Plugin]:
    """The plugins of the CMS under test, core and test kit first."""
    from cms_core.testing.plugins import plugins_of

    return plugins_of(cms_plugins)


@pytest.fixture
async def cms_database_url(
    request: pytest.FixtureRequest, cms_engine: str, cms_plugin_set: list[Plugin]
) -> AsyncIterator[str]:
    """The URL of a fresh database that holds the schema of the plugins."""
    templates: Templates = request.getfixturevalue(f"cms_{cms_engine}_templates")
    async with templates.copy(cms_plugin_set) as url:
        yield url


@pytest.fixture
async def cms_cache_url(request: pytest.FixtureRequest, cms_engine: str) -> str:
    """``memory://`` beside SQLite, an empty Redis beside PostgreSQL."""
    if cms_engine == "sqlite":
        return "memory://"
    from redis.asyncio import Redis

    url: str = request.getfixturevalue("cms_redis")
    async with Redis.from_url(url) as redis:
        await redis.flushdb()
    return url


@pytest.fixture
def cms_settings(tmp_path: Path, cms_database_url: str, cms_cache_url: str) -> Settings:
    """Settings for a temporary folder and a fresh database; override to update a copy."""
    from pydantic import SecretStr

    from cms_core.settings import Settings, random_secret

    return Settings(
        data=tmp_path,
        database_url=cms_database_url,
        database_connect_timeout=10,  # tests share a machine with everything else
        cache_url=cms_cache_url,
        secret_key=SecretStr(random_secret()),
        public_url="http://test",
    )


@pytest.fixture
async def cms_app(cms_settings: Settings, cms_plugin_set: list[Plugin]) -> AsyncIterator[CMS]:
    """A built CMS with an up-to-date schema; closed after the test."""
    from cms_core.app import build_cms

    cms = build_cms(cms_settings, cms_plugin_set)
    yield cms
    await cms.close()


@pytest.fixture
async def cms_api(cms_app: CMS) -> AsyncIterator[FastAPI]:
    """The ASGI application of the CMS, started."""
    from cms_core.api import create_api

    app = create_api(cms_app)
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
async def cms_client(cms_api: FastAPI) -> AsyncIterator[AsyncClient]:
    """An HTTP client of the API, signed in as nobody."""
    from httpx2 import ASGITransport, AsyncClient

    async with AsyncClient(transport=ASGITransport(cms_api), base_url="http://test") as client:
        yield client


@pytest.fixture
def cms_principal(cms_app: CMS) -> Callable[..., Principal]:
    """``cms_principal(role="admin", permissions=None, name=…)``: somebody with these rights.

    Equal names are the same principal. `permissions` replaces what the role would give.
    """
    from cms_core.security import Principal

    def principal(
        role: str = "admin", permissions: Sequence[str] | None = None, name: str | None = None
    ) -> Principal:
        granted = {
            permission.key
            for permission in cms_app.contributions.permissions.values()
            if role == "admin" or role in permission.default_roles
        }
        rights = frozenset(granted if permissions is None else permissions)
        return Principal(uuid5(NAMESPACE_DNS, name or role), name or role, rights)

    return principal


@pytest.fixture
def cms_login(
    cms_app: CMS, cms_principal: Callable[..., Principal]
) -> Callable[..., dict[str, str]]:
    """``cms_login(role="admin", permissions=None, name=…)``: the headers of who signed in."""
    from cms_core.testing.testkit import TestAuthenticator

    authenticators = cms_app.contributions.authenticators
    authenticator = next(each for each in authenticators if isinstance(each, TestAuthenticator))

    def login(*args: Any, **kwargs: Any) -> dict[str, str]:
        return authenticator.sign_in(cms_principal(*args, **kwargs))

    return login


@pytest.fixture
async def cms_sign_in(
    cms_api: FastAPI, cms_login: Callable[..., dict[str, str]]
) -> AsyncIterator[Callable[..., Awaitable[AsyncClient]]]:
    """``await cms_sign_in(role="admin", …, path="")``: a client of whoever signed in.

    Takes what `cms_login` takes; `path` is put before the paths that the client is asked for.
    """
    from httpx2 import ASGITransport, AsyncClient

    async with AsyncExitStack() as stack:

        async def sign_in(*args: Any, path: str = "", **kwargs: Any) -> AsyncClient:
            client = AsyncClient(
                transport=ASGITransport(cms_api),
                base_url=f"http://test{path}",
                headers=cms_login(*args, **kwargs),
            )
            return await stack.enter_async_context(client)

        yield sign_in


@pytest.fixture
async def cms_session(cms_app: CMS) -> AsyncIterator[TransactionSession]:
    """A transaction that is rolled back after the test."""

    class Undone(Exception):
        pass

    with suppress(Undone):
        async with cms_app.db.transaction() as session:
            yield session
            raise Undone


@pytest.fixture
def cms_events(cms_app: CMS) -> EventRecorder:
    """The events of this test: ``.committed``, ``.emitted`` and ``.having(PostPublished)``."""
    from cms_core.testing.recorders import EventRecorder

    recorder = EventRecorder(cms_app.contributions.subscribers)
    cms_app.db.subscribers = recorder
    return recorder


@pytest.fixture
def cms_worker(cms_app: CMS) -> WorkerDriver:
    """A worker without a clock: ``.run(key)`` runs one job, ``.tick()`` all of them."""
    from cms_core.testing.drivers import WorkerDriver

    return WorkerDriver(cms_app)


@pytest.fixture
def cms_migrations(cms_app: CMS) -> MigrationsDriver:
    """The schema of the plugins: ``.upgrade()``, ``.downgrade("base")``, ``.check()``."""
    from cms_core.testing.drivers import MigrationsDriver

    return MigrationsDriver(cms_app)


@pytest.fixture
def cms_query_count(cms_app: CMS) -> Callable[[], AbstractContextManager[list[str]]]:
    """``with cms_query_count() as statements``: the SQL statements that ran inside the block."""
    from cms_core.testing.recorders import recorded_statements

    return lambda: recorded_statements(cms_app.db)

from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from typing import Annotated

import pytest
from httpx2 import AsyncClient
from redis.asyncio import Redis
from sqlalchemy import func, select

from cms_core.app import CMS
from cms_core.db.generations import Generation
from cms_core.events import Event
from cms_core.hookspecs import hookimpl
from cms_core.http.guards import requires
from cms_core.http.routers import AdminRouter
from cms_core.http.sessions import Snapshot
from cms_core.security import Permission, Principal
from cms_core.settings import Settings
from cms_core.testing.drivers import MigrationsDriver, WorkerDriver
from cms_core.testing.recorders import EventRecorder

Login = Callable[..., dict[str, str]]


@dataclass(frozen=True)
class ShopOpened(Event):
    town: str

    @property
    def aggregate(self) -> str:
        return self.town


class Shop:
    """A plugin without a distribution, as a test of a plugin's author might define one."""

    @staticmethod
    @hookimpl
    def register_permissions() -> list[Permission]:
        return [
            Permission("shop:read", "Read", frozenset({"reader"})),
            Permission("shop:close", "Close"),
        ]

    @staticmethod
    @hookimpl
    def register_routers() -> list[AdminRouter]:
        router = AdminRouter("/shop")

        @router.get("")
        async def read(
            session: Snapshot, by: Annotated[Principal, requires("shop:read")]
        ) -> dict[str, str]:
            await session.now()
            return {"by": by.name}

        return [router]


@pytest.fixture
def cms_plugins() -> list[object]:
    return [Shop]


async def count_scopes(cms: CMS) -> int:
    async with cms.db.snapshot() as session:
        return (await session.execute(select(func.count()).select_from(Generation))).scalar_one()


async def test_every_test_gets_the_engine_it_is_named_after(cms_app: CMS, cms_engine: str) -> None:
    assert cms_app.db.dialect == {"sqlite": "sqlite", "postgres": "postgresql"}[cms_engine]


@pytest.mark.parametrize("turn", [1, 2])
async def test_a_database_holds_nothing_of_another_test(cms_app: CMS, turn: int) -> None:
    assert await count_scopes(cms_app) == 0
    async with cms_app.db.transaction() as session:
        session.touch("posts")
    assert await count_scopes(cms_app) == 1


@pytest.mark.parametrize("turn", [1, 2])
async def test_redis_holds_nothing_of_another_test(
    cms_settings: Settings, cms_engine: str, turn: int
) -> None:
    if cms_engine == "sqlite":
        assert cms_settings.cache_url == "memory://"
        return
    async with Redis.from_url(cms_settings.cache_url) as redis:
        assert await redis.dbsize() == 0
        await redis.set("left", "over")


async def test_the_client_is_nobody_until_it_signs_in(
    cms_client: AsyncClient, cms_login: Login
) -> None:
    assert (await cms_client.get("/api/v1/admin/shop")).status_code == 401
    answer = await cms_client.get("/api/v1/admin/shop", headers=cms_login(name="Ada"))
    assert (answer.status_code, answer.json()) == (200, {"by": "Ada"})


async def test_a_forged_test_token_is_refused(cms_client: AsyncClient) -> None:
    headers = {"Authorization": "Bearer test-0123456789abcdef"}
    assert (await cms_client.get("/api/v1/admin/shop", headers=headers)).status_code == 401


async def test_a_role_has_the_permissions_that_plugins_give_it(
    cms_client: AsyncClient, cms_login: Login
) -> None:
    reader, author = cms_login("reader"), cms_login("author")
    assert (await cms_client.get("/api/v1/admin/shop", headers=reader)).status_code == 200
    assert (await cms_client.get("/api/v1/admin/shop", headers=author)).status_code == 403


async def test_permissions_replace_those_of_the_role(
    cms_principal: Callable[..., Principal],
) -> None:
    of_core = {"core:manage-deliveries", "core:system"}
    assert cms_principal("admin").permissions == of_core | {"shop:read", "shop:close"}
    assert cms_principal(permissions=["shop:read"]).permissions == {"shop:read"}
    assert cms_principal(name="Ada").id == cms_principal("reader", name="Ada").id


async def test_events_are_recorded_once_they_are_committed(
    cms_app: CMS, cms_events: EventRecorder
) -> None:
    with suppress(ZeroDivisionError):
        async with cms_app.db.transaction() as session:
            session.emit(ShopOpened("Paris"))
            await session.complete()
            raise ZeroDivisionError
    async with cms_app.db.transaction() as session:
        session.emit(ShopOpened("Rome"))
    assert cms_events.emitted == [ShopOpened("Paris"), ShopOpened("Rome")]
    assert cms_events.having(ShopOpened) == [ShopOpened("Rome")]


async def test_statements_are_counted(
    cms_app: CMS, cms_query_count: Callable[[], AbstractContextManager[list[str]]]
) -> None:
    with cms_query_count() as statements:
        async with cms_app.db.snapshot() as session:
            await session.now()
        async with cms_app.db.transaction() as session:
            await session.now()
    assert len(statements) == 2


async def test_the_schema_is_up_to_date(cms_migrations: MigrationsDriver) -> None:
    assert await cms_migrations.check() == {}


async def test_a_tick_runs_every_job(cms_worker: WorkerDriver) -> None:
    await cms_worker.tick()

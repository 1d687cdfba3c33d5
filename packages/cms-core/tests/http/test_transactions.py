"""A 2xx means committed; what a race rolled back is done again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import pytest
from httpx2 import AsyncClient
from sqlalchemy import (
    Column,
    ForeignKey,
    Integer,
    MetaData,
    Table,
    func,
    insert,
    select,
    text,
)

from cms_core.app import CMS
from cms_core.hookspecs import hookimpl
from cms_core.http.guards import requires
from cms_core.http.routers import AdminRouter
from cms_core.http.sessions import Snapshot, Transaction
from cms_core.security import Permission, Principal

Login = Callable[..., dict[str, str]]

Writer = Annotated[Principal, requires("family:write")]

metadata = MetaData()
parents = Table("parents", metadata, Column("id", Integer, primary_key=True))
children = Table(
    "children",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("parent", ForeignKey(parents.c.id, deferrable=True, initially="DEFERRED")),
)
KILLS_ITSELF_AT_COMMIT = """
CREATE FUNCTION die() RETURNS trigger AS $$
BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$ LANGUAGE plpgsql;
CREATE CONSTRAINT TRIGGER dies AFTER INSERT ON parents DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW EXECUTE FUNCTION die();
"""
SERIALISATION_FAILURE = """
DO $$ BEGIN RAISE EXCEPTION 'raced' USING ERRCODE = 'serialization_failure'; END $$
"""


class Family:
    attempts = 0

    @staticmethod
    @hookimpl
    def register_permissions() -> list[Permission]:
        return [Permission("family:write", "Write")]

    @staticmethod
    @hookimpl
    def register_routers() -> list[AdminRouter]:
        router = AdminRouter("/family")

        @router.post("/orphans", status_code=201)
        async def add_orphan(session: Transaction, by: Writer) -> dict[str, str]:
            await session.execute(insert(children).values(parent=99))
            return {"status": "written"}

        @router.post("/parents", status_code=201)
        async def add_parent(session: Transaction, by: Writer, races: int = 0) -> dict[str, int]:
            Family.attempts += 1
            await session.execute(insert(parents))
            if Family.attempts <= races:
                await session.execute(text(SERIALISATION_FAILURE))
            return {"attempts": Family.attempts}

        return [router]


@pytest.fixture
def cms_plugins() -> list[object]:
    Family.attempts = 0
    return [Family]


@pytest.fixture
async def tables(cms_app: CMS) -> None:
    async with cms_app.db.writer.begin() as connection:
        await connection.run_sync(metadata.create_all)


async def rows(cms: CMS, table: Table) -> int:
    async with cms.db.snapshot() as session:
        return (await session.execute(select(func.count()).select_from(table))).scalar_one()


@pytest.mark.usefixtures("tables")
async def test_a_commit_that_fails_is_no_success(
    cms_app: CMS, cms_client: AsyncClient, cms_login: Login
) -> None:
    for headers in (cms_login(), {**cms_login(), "Idempotency-Key": "k1"}):
        answer = await cms_client.post("/api/v1/admin/family/orphans", headers=headers)
        assert answer.status_code == 500
        assert "written" not in answer.text
    assert await rows(cms_app, children) == 0


@pytest.mark.usefixtures("tables")
@pytest.mark.parametrize("cms_engine", ["postgres"])
async def test_a_connection_that_dies_at_the_commit_is_no_success(
    cms_app: CMS, cms_client: AsyncClient, cms_login: Login
) -> None:
    async with cms_app.db.transaction() as session:
        for statement in KILLS_ITSELF_AT_COMMIT.split("plpgsql;"):
            suffix = " plpgsql" if "FUNCTION die() RETURNS" in statement else ""
            await session.execute(text(statement + suffix))
    answer = await cms_client.post("/api/v1/admin/family/parents", headers=cms_login())
    assert (answer.status_code, answer.json()["code"]) == (503, "commit-failed")
    assert int(answer.headers["retry-after"]) >= 1
    assert Family.attempts == 1  # the outcome is unknown: doing it again could do it twice
    assert await rows(cms_app, parents) == 0


@pytest.mark.usefixtures("tables")
@pytest.mark.parametrize("cms_engine", ["postgres"])
async def test_what_a_race_rolled_back_is_done_again(
    cms_app: CMS, cms_client: AsyncClient, cms_login: Login
) -> None:
    answer = await cms_client.post("/api/v1/admin/family/parents?races=2", headers=cms_login())
    assert answer.json() == {"attempts": 3}
    assert await rows(cms_app, parents) == 1


@pytest.mark.usefixtures("tables")
@pytest.mark.parametrize("cms_engine", ["postgres"])
async def test_after_three_races_the_client_is_asked_to_come_back(
    cms_app: CMS, cms_client: AsyncClient, cms_login: Login
) -> None:
    answer = await cms_client.post("/api/v1/admin/family/parents?races=9", headers=cms_login())
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert int(answer.headers["retry-after"]) >= 1
    assert Family.attempts == 3
    assert await rows(cms_app, parents) == 0


def test_a_route_asks_for_one_session() -> None:
    router = AdminRouter("/family")

    async def both(a: Snapshot, b: Transaction) -> None: ...

    with pytest.raises(TypeError, match="not for both"):
        router.get("")(both)

"""Histories of plugins move up and down, apart from each other."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import inspect, text

from cms_core import migrate
from cms_core.app import CMS, build_cms
from cms_core.errors import Unavailable
from cms_core.migrate import PluginSchema, SchemaState
from cms_core.migrations.lock import ForeignKeysBroken
from cms_core.settings import Settings


async def execute(cms: CMS, statement: str) -> None:
    async with cms.db.transaction() as session:
        await session.execute(text(statement))


async def select(cms: CMS, statement: str) -> list[Any]:
    async with cms.db.snapshot() as session:
        return [tuple(row) for row in await session.execute(text(statement))]


async def tables(cms: CMS) -> set[str]:
    async with cms.db.snapshot() as session:
        connection = await session.connection()
        return set(await connection.run_sync(lambda sync: inspect(sync).get_table_names()))


async def states(cms: CMS) -> dict[str, SchemaState]:
    return {schema.plugin: schema.state for schema in await migrate.status(cms)}


async def fill(cms: CMS) -> None:
    await execute(cms, "INSERT INTO shop_shelves (id, label) VALUES (1, 'top')")
    await execute(cms, "INSERT INTO shop_wares (id, shelf_id) VALUES (1, 1)")


async def test_every_version_goes_up_down_and_up_again(shop: Any) -> None:
    cms = shop.cms()
    for _ in range(2):
        await migrate.upgrade(cms)
        assert await migrate.check(cms) == {}
        assert set((await states(cms)).values()) == {SchemaState.CURRENT}
        for plugin in ("shop", "core"):
            await migrate.downgrade(cms, plugin, "base")
        assert await tables(cms) == {"cms_migrations_core", "cms_migrations_shop"}


async def test_a_new_database_is_behind(shop: Any) -> None:
    assert await migrate.status(shop.cms()) == [
        PluginSchema("core", None, "0002", SchemaState.BEHIND),
        PluginSchema("shop", None, "0001", SchemaState.BEHIND),
    ]


async def test_one_plugin_is_upgraded_alone(shop: Any) -> None:
    cms = shop.cms()
    await migrate.upgrade(cms, "core")
    assert await states(cms) == {"core": SchemaState.CURRENT, "shop": SchemaState.BEHIND}


async def test_a_plugin_that_was_removed_and_comes_back_continues(shop: Any) -> None:
    before = shop.cms()
    await migrate.upgrade(before)
    await fill(before)

    without = shop.cms(installed=False)
    await migrate.upgrade(without)
    assert (await migrate.status(without))[1] == PluginSchema(
        "shop", "0001", None, SchemaState.LEFT
    )

    shop.write_next("op.add_column('shop_wares', sa.Column('price', sa.Integer()))")
    after = shop.cms()
    assert await states(after) == {"core": SchemaState.CURRENT, "shop": SchemaState.BEHIND}
    await migrate.upgrade(after)
    assert await select(after, "SELECT id, price FROM shop_wares") == [(1, None)]


async def test_older_code_leaves_a_newer_database_alone(shop: Any) -> None:
    shop.write_next("op.add_column('shop_wares', sa.Column('price', sa.Integer()))")
    await migrate.upgrade(shop.cms())
    (shop.versions / "0002_next.py").unlink()
    older = shop.cms()
    assert (await states(older))["shop"] is SchemaState.AHEAD
    with pytest.raises(migrate.SchemaAhead):
        await migrate.upgrade(older)


async def test_a_failing_version_leaves_nothing_behind(shop: Any) -> None:
    cms = shop.cms()
    await migrate.upgrade(cms)
    shop.write_next("op.create_table('shop_tills', sa.Column('id', sa.Integer()))\n1 / 0")
    with pytest.raises(ZeroDivisionError):
        await migrate.upgrade(cms)
    assert "shop_tills" not in await tables(cms)
    assert (await migrate.status(cms))[1].current == "0001"


async def test_changing_a_parent_table_keeps_the_rows_that_refer_to_it(shop: Any) -> None:
    cms = shop.cms()
    await migrate.upgrade(cms)
    await fill(cms)
    shop.write_next(
        "with op.batch_alter_table('shop_shelves') as batch:\n"
        "    batch.alter_column('label', type_=sa.String(20), existing_type=sa.String(10))"
    )
    await migrate.upgrade(cms)
    assert await select(cms, "SELECT id, shelf_id FROM shop_wares") == [(1, 1)]


@pytest.mark.parametrize("cms_engine", ["sqlite"], indirect=True)
async def test_a_version_that_breaks_foreign_keys_is_rolled_back(shop: Any) -> None:
    # PostgreSQL refuses the statement itself; on SQLite the keys are off while migrating.
    cms = shop.cms()
    await migrate.upgrade(cms)
    await fill(cms)
    shop.write_next("op.execute('DELETE FROM shop_shelves')")
    with pytest.raises(ForeignKeysBroken, match="shop_wares → shop_shelves"):
        await migrate.upgrade(cms)
    assert await select(cms, "SELECT id FROM shop_shelves") == [(1,)]


async def test_a_difference_between_models_and_tables_is_found(shop: Any) -> None:
    cms = shop.cms()
    await migrate.upgrade(cms)
    await execute(cms, "ALTER TABLE shop_wares ADD COLUMN price INTEGER")
    found = await migrate.check(cms)
    assert list(found) == ["shop"]
    assert [difference[0] for difference in found["shop"]] == ["remove_column"]


async def test_a_written_revision_brings_the_tables_to_the_models(shop: Any) -> None:
    cms = shop.cms()
    await migrate.upgrade(cms)
    await execute(cms, "ALTER TABLE shop_wares ADD COLUMN price INTEGER")
    for column in ("sold_at", "facts"):
        await execute(cms, f"ALTER TABLE shop_wares DROP COLUMN {column}")
    written = await migrate.revision(cms, "shop", "Wares are free")
    assert written.name == "0002_wares_are_free.py"
    assert "from cms_core import Instant, Json\n" in written.read_text()
    await migrate.upgrade(cms)
    assert await migrate.check(cms) == {}
    assert (await migrate.status(cms))[1].current == "0002"


async def test_a_revision_needs_an_up_to_date_database(shop: Any) -> None:
    with pytest.raises(migrate.SchemaBehind):
        await migrate.revision(shop.cms(), "shop", "Too early")


async def test_one_process_may_upgrade_two_databases_at_once(shop: Any, tmp_path: Path) -> None:
    here = shop.cms()
    other = Settings(database_url=f"sqlite:///{tmp_path / 'other.sqlite3'}")
    there = build_cms(other, [shop.plugin()])
    await asyncio.gather(migrate.upgrade(here), migrate.upgrade(there))
    for cms in (here, there):
        assert await migrate.check(cms) == {}
    await there.close()


async def test_a_database_out_of_reach_is_an_outage(tmp_path: Path) -> None:
    nowhere = Settings(database_url="postgresql://cms@127.0.0.1:1/cms", data=tmp_path)
    cms = build_cms(nowhere, [])
    with pytest.raises(Unavailable):
        await migrate.upgrade(cms)
    await cms.close()


async def test_a_plugin_without_migrations_is_unknown(shop: Any) -> None:
    with pytest.raises(migrate.UnknownHistory):
        await migrate.upgrade(shop.cms(), "bakery")


@pytest.mark.parametrize("cms_engine", ["postgres"], indirect=True)
async def test_a_version_waits_for_a_table_in_use_without_blocking_it_for_long(shop: Any) -> None:
    cms = shop.cms()
    await migrate.upgrade(cms)
    shop.write_next("op.add_column('shop_wares', sa.Column('price', sa.Integer()))")
    async with cms.db.transaction() as session:
        await session.execute(text("LOCK TABLE shop_wares"))
        with pytest.raises(Unavailable):
            await migrate.upgrade(cms, attempts=1)
    await migrate.upgrade(cms)
    assert (await migrate.status(cms))[1].current == "0002"

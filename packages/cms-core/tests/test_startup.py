"""The schema is looked at before anything serves or works; only an embedded one is changed."""

import gc

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from cms_core import CMS
from cms_core.faults import PluginFaults
from cms_core.startup import keep_for_good, prepare_schema
from cms_core.testing.drivers import MigrationsDriver


async def run(cms: CMS, statement: str) -> None:
    async with cms.db.transaction() as session:
        await session.execute(text(statement))


async def test_a_schema_that_is_behind_is_upgraded_where_it_is_embedded_else_p054(
    cms_app: CMS, cms_migrations: MigrationsDriver
) -> None:
    await cms_migrations.downgrade("base", "core")
    if cms_app.settings.embedded:
        await prepare_schema(cms_app)
        assert await cms_migrations.check() == {}
    else:
        with pytest.raises(PluginFaults) as caught:
            await prepare_schema(cms_app)
        (fault,) = caught.value.faults
        assert (fault.code, fault.plugin, fault.remedy) == ("P054", "core", "Run: cms db upgrade")


async def test_a_schema_ahead_of_the_code_is_p055(cms_app: CMS) -> None:
    await run(cms_app, "UPDATE cms_migrations_core SET version_num = '9999'")
    with pytest.raises(PluginFaults) as caught:
        await prepare_schema(cms_app)
    (fault,) = caught.value.faults
    assert (fault.code, fault.plugin) == ("P055", "core")


async def test_what_an_uninstalled_plugin_left_is_told_and_stops_nothing(cms_app: CMS) -> None:
    await run(cms_app, "CREATE TABLE cms_migrations_gone (version_num VARCHAR(32))")
    await run(cms_app, "INSERT INTO cms_migrations_gone VALUES ('0007')")
    with capture_logs() as lines:
        await prepare_schema(cms_app)
    assert [(each["event"], each["plugin"], each["revision"]) for each in lines] == [
        ("tables_left_behind", "gone", "0007")
    ]


def test_what_a_process_serves_with_is_spared_the_collector() -> None:
    before = gc.get_freeze_count()
    kept = [[number] for number in range(1000)]

    keep_for_good()

    try:
        assert gc.get_freeze_count() >= before + len(kept)
    finally:
        gc.unfreeze()

"""Several processes migrate, and some of them die."""

import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from sqlalchemy import text

from cms_core import migrate
from cms_core.migrate import SchemaState

UPGRADE = """
import asyncio, sys, time
from pathlib import Path
from cms_core import migrate
from cms_core.app import build_cms
from cms_core.hookspecs import hookimpl
from cms_core.plugins.contributions import Plugin
from cms_core.settings import Settings

class Shop:
    @staticmethod
    @hookimpl
    def register_migrations():
        return Path(sys.argv[2])

async def main():
    cms = build_cms(Settings(database_url=sys.argv[1]), [Plugin("shop", Shop, "", "0")])
    Path(sys.argv[3]).touch()
    while not Path(sys.argv[4]).exists():
        time.sleep(0.001)
    await migrate.upgrade(cms)

asyncio.run(main())
"""


def start_upgrade(shop: Any, ready: Path, start: Path) -> subprocess.Popen[bytes]:
    arguments = [shop.settings.database_url, str(shop.versions), str(ready), str(start)]
    return subprocess.Popen([sys.executable, "-c", UPGRADE, *arguments])


def await_file(path: Path) -> None:
    deadline = time.monotonic() + 30
    while not path.exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)


async def test_processes_that_upgrade_at_once_do_it_once(shop: Any, tmp_path: Path) -> None:
    start, ready = tmp_path / "start", [tmp_path / f"ready-{number}" for number in range(3)]
    processes = [start_upgrade(shop, path, start) for path in ready]
    for path in ready:
        await_file(path)
    start.touch()
    assert [process.wait(60) for process in processes] == [0, 0, 0]
    cms = shop.cms()
    assert {schema.state for schema in await migrate.status(cms)} == {SchemaState.CURRENT}
    async with cms.db.snapshot() as session:
        assert (await session.execute(text("SELECT count(*) FROM instance"))).scalar_one() == 1


async def test_a_process_killed_inside_a_version_leaves_the_plugin_whole(
    shop: Any, tmp_path: Path
) -> None:
    inside, patience = tmp_path / "inside", tmp_path / "patience"
    shop.write_next(
        "op.create_table('shop_tills', sa.Column('id', sa.Integer()))\n"
        "import pathlib, time\n"
        f"pathlib.Path('{inside}').touch()\n"
        f"while not pathlib.Path('{patience}').exists():\n"
        "    time.sleep(0.01)"
    )
    process = start_upgrade(shop, tmp_path / "ready", tmp_path)
    await_file(inside)
    process.send_signal(signal.SIGKILL)
    process.wait()

    cms = shop.cms()
    current = {schema.plugin: schema.current for schema in await migrate.status(cms)}
    assert current == {"core": "0002", "shop": None}
    patience.touch()
    await migrate.upgrade(cms)
    assert {schema.state for schema in await migrate.status(cms)} == {SchemaState.CURRENT}

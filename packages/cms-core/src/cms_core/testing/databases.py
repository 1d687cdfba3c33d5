"""A fresh database for each test, copied from a migrated one: migrating takes much longer."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol
from uuid import uuid4

from cms_core import migrate
from cms_core.app import build_cms
from cms_core.plugins.contributions import Plugin
from cms_core.settings import Settings
from cms_core.testing.servers import create_database, drop_database


class Templates(Protocol):
    """One migrated database per set of plugins, made when first wanted."""

    def copy(self, plugins: Sequence[Plugin]) -> AbstractAsyncContextManager[str]:
        """Return the URL of a fresh copy, which lasts as long as the context."""
        ...


class SQLiteTemplates:
    """Files in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made: dict[object, Path] = {}

    @asynccontextmanager
    async def copy(self, plugins: Sequence[Plugin]) -> AsyncIterator[str]:
        template = self._made.get(_key(plugins))
        if template is None:
            template = self._folder / f"template-{len(self._made)}.sqlite3"
            await _migrate(f"sqlite:///{template}", plugins)
            self._made[_key(plugins)] = template
        with TemporaryDirectory(dir=self._folder) as folder:
            copy = shutil.copy(template, Path(folder) / "cms.sqlite3")
            yield f"sqlite:///{copy}"


class PostgresTemplates:
    """Databases of a server."""

    def __init__(self, server: str) -> None:
        self._server = server
        self._made: dict[object, str] = {}

    @asynccontextmanager
    async def copy(self, plugins: Sequence[Plugin]) -> AsyncIterator[str]:
        template = self._made.get(_key(plugins))
        if template is None:
            template = f"cms_template_{uuid4().hex}"
            await _migrate(await create_database(self._server, template), plugins)
            self._made[_key(plugins)] = template
        name = f"cms_test_{uuid4().hex}"
        try:
            yield await create_database(self._server, name, template)
        finally:
            await drop_database(self._server, name)

    async def drop(self) -> None:
        """Drop the templates: the server may outlive us."""
        for template in self._made.values():
            await drop_database(self._server, template)


def _key(plugins: Sequence[Plugin]) -> object:
    """What makes the schema of two sets the same: plugins without migrations play no part."""
    folders = (
        (plugin.name, plugin.module.register_migrations())
        for plugin in plugins
        if hasattr(plugin.module, "register_migrations")
    )
    return tuple((name, folder, *sorted(folder.glob("*.py"))) for name, folder in folders)


async def _migrate(url: str, plugins: Sequence[Plugin]) -> None:
    cms = build_cms(Settings(database_url=url), plugins)
    try:
        await migrate.upgrade(cms)
    finally:
        await cms.close()

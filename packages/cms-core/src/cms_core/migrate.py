"""Schema migrations: one linear Alembic history and one version table per plugin.

With a shared version table, every command would fail as soon as a plugin is uninstalled.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from cms_core.db.types import Base
from cms_core.errors import Conflict, NotFound
from cms_core.migrations.history import History, version_tables
from cms_core.migrations.lock import ATTEMPTS, migrate_alone
from cms_core.plugins.contributions import Models

if TYPE_CHECKING:
    from cms_core.app import CMS


class UnknownHistory(NotFound):
    """No plugin of this name has migrations."""


class SchemaAhead(Conflict):
    """The database was migrated by newer code than this.

    Install the release that migrated it, or a newer one.
    """


class SchemaBehind(Conflict):
    """The database has not been migrated to the newest revision yet.

    Run `cms db upgrade`.
    """


class SchemaState(StrEnum):
    CURRENT = "current"
    BEHIND = "behind"
    #: The database is at a revision that the code does not know.
    AHEAD = "ahead"
    #: The plugin is no longer in the set; its tables are left alone.
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class PluginSchema:
    """Where the database stands with one plugin: its revision and the newest one of the code."""

    plugin: str
    current: str | None
    head: str | None
    state: SchemaState


async def upgrade(cms: CMS, plugin: str | None = None, *, attempts: int = ATTEMPTS) -> None:
    """Bring every plugin's tables (or only that one's) to the newest revision.

    Plugins come in dependency order, each in one transaction: a crash leaves each at its old or
    its new revision. Safe to run from several processes at once.
    Raises `SchemaAhead`, `UnknownHistory`, and `Unavailable` when a table stays locked through all
    attempts, of 2 s each.
    """
    for history in _histories(cms, plugin):
        url = cms.settings.resolved_database_url
        await migrate_alone(url, partial(_upgrade, history), attempts=attempts)


async def downgrade(cms: CMS, plugin: str, revision: str) -> None:
    """Take one plugin's tables back to `revision`, or to nothing (``base``)."""
    for history in _histories(cms, plugin):
        await migrate_alone(
            cms.settings.resolved_database_url, partial(_downgrade, history, revision)
        )


async def status(cms: CMS) -> list[PluginSchema]:
    """Return where every plugin stands, those that were removed from the set last."""
    async with cms.db.snapshot() as session:
        connection = await session.connection()
        return await connection.run_sync(partial(_status, list(_histories(cms))))


async def check(cms: CMS) -> dict[str, list[Any]]:
    """Return, per plugin, how its tables differ from its models; empty when none does."""
    found = {}
    async with cms.db.snapshot() as session:
        connection = await session.connection()
        for history in _histories(cms):
            if differences := await connection.run_sync(history.differences):
                found[history.plugin] = differences
    return found


async def revision(cms: CMS, plugin: str, message: str) -> Path:
    """Write the next version of a plugin from its models, and return the file to be reviewed.

    Raises `SchemaBehind` unless the database is at the plugin's newest revision.
    """
    (history,) = _histories(cms, plugin)
    async with cms.db.snapshot() as session:
        connection = await session.connection()
        if await connection.run_sync(history.current) != history.head:
            raise SchemaBehind
        return await connection.run_sync(history.write_revision, message)


def _histories(cms: CMS, plugin: str | None = None) -> Iterator[History]:
    contributions = cms.contributions
    if plugin is not None and plugin not in contributions.migrations:
        raise UnknownHistory(f"{plugin!r} has no migrations.")
    for name, versions in contributions.migrations.items():
        if plugin in (None, name):
            yield History(name, versions, _tables(contributions.models.get(name)))


def _tables(models: Models | None) -> frozenset[str]:
    if models is None:
        return frozenset()
    mapped = {cls.__tablename__ for cls in models.classes}
    # What a plugin claims but never described to SQLAlchemy (virtual tables) can't be compared.
    return frozenset(mapped | (models.tables & Base.metadata.tables.keys()))


def _upgrade(history: History, connection: Connection) -> None:
    current = history.current(connection)
    if not history.knows(current):
        raise SchemaAhead(f"{history.plugin} is at revision {current}, which this code lacks.")
    history.upgrade(connection)


def _downgrade(history: History, target: str, connection: Connection) -> None:
    history.downgrade(connection, target)


def _status(histories: list[History], connection: Connection) -> list[PluginSchema]:
    installed = [_state(history, connection) for history in histories]
    names = {schema.plugin for schema in installed}
    left = [
        PluginSchema(name, History(name, Path()).current(connection), None, SchemaState.LEFT)
        for name in sorted(version_tables(connection))
        if name not in names
    ]
    return installed + left


def _state(history: History, connection: Connection) -> PluginSchema:
    current, head = history.current(connection), history.head
    if not history.knows(current):
        state = SchemaState.AHEAD
    else:
        state = SchemaState.CURRENT if current == head else SchemaState.BEHIND
    return PluginSchema(history.plugin, current, head, state)

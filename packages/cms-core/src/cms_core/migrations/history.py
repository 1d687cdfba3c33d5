"""The Alembic history of one plugin: its versions, its version table, its own tables."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from alembic.autogenerate import compare_metadata, produce_migrations, render_python_code
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from cms_core.db.types import Base, Instant, Json

VERSION_TABLES = "cms_migrations_"


@dataclass(frozen=True, slots=True)
class History:
    """What a plugin's schema was and shall be. The methods are synchronous, as Alembic is."""

    plugin: str
    versions: Path
    #: The tables that the plugin's models describe; autogenerate sees no other.
    tables: frozenset[str] = frozenset()

    @property
    def head(self) -> str | None:
        """The newest revision that the code knows.

        Raises `CommandError` when the history has branches.
        """
        return self._script().get_current_head()

    def knows(self, revision: str | None) -> bool:
        """Tell whether the code has this revision."""
        known = {script.revision for script in self._script().walk_revisions()}
        return revision is None or revision in known

    def current(self, connection: Connection) -> str | None:
        """The revision that the database is at; None before the first."""
        return self._context(connection).get_current_revision()

    def upgrade(self, connection: Connection) -> None:
        """Run what is missing up to the head, in the connection's transaction."""
        script = self._script()
        self._run(connection, lambda revision, _: script._upgrade_revs("head", revision))

    def downgrade(self, connection: Connection, target: str) -> None:
        """Go back to the revision `target`, or to before the first one (``base``)."""
        script = self._script()
        self._run(connection, lambda revision, _: script._downgrade_revs(target, revision))

    def differences(self, connection: Connection) -> list[Any]:
        """What autogenerate would change to bring the plugin's tables to its models."""
        found: list[Any] = compare_metadata(self._context(connection), Base.metadata)
        return found

    def write_revision(self, connection: Connection, message: str) -> Path:
        """Write those differences as the next version of the history and return its file."""
        script = produce_migrations(self._context(connection), Base.metadata)
        upgrades, downgrades = _render(script.upgrade_ops), _render(script.downgrade_ops)
        written = self._script().generate_revision(
            f"{int(self.head or 0) + 1:04d}",
            message,
            upgrades=upgrades,
            downgrades=downgrades,
            imports=_imports(upgrades + downgrades),
        )
        assert written is not None
        return Path(written.path)

    def _script(self) -> ScriptDirectory:
        return ScriptDirectory(
            str(Path(__file__).parent),
            version_locations=[str(self.versions)],
            file_template="%(rev)s_%(slug)s",
        )

    def _context(self, connection: Connection, **options: Any) -> MigrationContext:
        return MigrationContext.configure(
            connection,
            opts={
                "version_table": VERSION_TABLES + self.plugin,
                "render_as_batch": connection.dialect.name == "sqlite",
                "include_name": lambda name, kind, _: kind != "table" or name in self.tables,
                "include_object": lambda _, name, kind, *__: kind != "table" or name in self.tables,
                "target_metadata": Base.metadata,
                **options,
            },
        )

    def _run(self, connection: Connection, steps: Any) -> None:
        context = self._context(connection, fn=steps, script=self._script())
        with Operations.context(context):
            context.run_migrations()


def version_tables(connection: Connection) -> Iterable[str]:
    """The plugins that have a version table in this database, installed or not."""
    for table in inspect(connection).get_table_names():
        if table.startswith(VERSION_TABLES):
            yield table.removeprefix(VERSION_TABLES)


def _render(operations: Any) -> str:
    code = render_python_code(operations, render_as_batch=True, render_item=_render_type)
    return re.sub(r" +$", "", code, flags=re.MULTILINE)


def _render_type(kind: str, item: object, _: object) -> str | Literal[False]:
    """Our own types by their names; False leaves anything else to Alembic."""
    if kind != "type":
        return False
    return "Instant()" if isinstance(item, Instant) else "Json" if item is Json else False


def _imports(code: str) -> str:
    ours = [name for name in ("Instant", "Json") if re.search(rf"\b{name}\b", code)]
    lines = ["from sqlalchemy.dialects import postgresql"] if "postgresql." in code else []
    if ours:
        lines += [f"from cms_core import {', '.join(ours)}"]
    return "\n".join(lines)

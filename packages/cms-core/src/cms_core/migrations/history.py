"""The Alembic history of one plugin: its versions, its version table, its own tables."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
        imports: set[str] = set()
        script = produce_migrations(self._context(connection), Base.metadata)

        def render(operations: Any) -> str:
            return textwrap.dedent(
                render_python_code(
                    operations, render_as_batch=True, render_item=_item_renderer(imports)
                )
            ).replace("\n", "\n    ")

        upgrades, downgrades = render(script.upgrade_ops), render(script.downgrade_ops)
        if "postgresql." in upgrades + downgrades:
            imports.add("from sqlalchemy.dialects import postgresql")
        written = self._script().generate_revision(
            f"{int(self.head or 0) + 1:04d}",
            message,
            upgrades=upgrades,
            downgrades=downgrades,
            imports="\n".join(sorted(imports)),
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


def _item_renderer(imports: set[str]) -> Any:
    def render(kind: str, item: object, _: object) -> str | bool:
        name = "Instant()" if isinstance(item, Instant) else "Json" if item is Json else None
        if kind != "type" or name is None:
            return False
        imports.add(f"from cms_core.db.types import {re.sub('[()]', '', name)}")
        return name

    return render

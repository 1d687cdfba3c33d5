"""Every table and every path has exactly one owner.

A plugin owns ``<name>`` and ``<name>_*``. The plugins of this project claim more by themselves;
others need the operator's grant.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from cms_core.db.types import Base
from cms_core.faults import Fault
from cms_core.plugins.contributions import Contributions, Models, Plugin

FIRST_PARTY = frozenset(
    {"cms-core", "cms-auth", "cms-posts", "cms-media", "cms-search", "cms-scheduler"}
)

Grants = Mapping[str, Collection[str]]


def check_tables(found: Contributions, grants: Grants) -> Iterator[Fault]:
    """Yield the faults of tables and migrations (P050, P052, P053)."""
    owners: dict[str, str] = {}
    for plugin in found.plugins:
        models = found.models.get(plugin.name, Models(()))
        if models.classes or models.tables:
            yield from _check_migrations(plugin, found.migrations.get(plugin.name))
        for table in sorted(_tables(models)):
            if table in owners:
                message = f"the table {table!r} is claimed by {owners[table]} already"
                yield _fault("P052", plugin, message, f"Rename it to {plugin.name}_….")
            elif not _may_own(plugin, table, grants):
                message = f"the table {table!r} is neither {plugin.name}_… nor granted"
                yield _fault("P053", plugin, message, grant(plugin, table))
            owners.setdefault(table, plugin.name)
    for plugin in found.plugins:
        yield from _check_unclaimed(plugin, owners)


def _tables(models: Models) -> set[str]:
    return {cls.__tablename__ for cls in models.classes} | models.tables


def _may_own(plugin: Plugin, table: str, grants: Grants) -> bool:
    return (
        plugin.distribution in FIRST_PARTY
        or table == plugin.name
        or table.startswith(f"{plugin.name}_")
        or table in grants.get(plugin.name, ())
    )


def _check_migrations(plugin: Plugin, versions: Path | None) -> Iterator[Fault]:
    if versions is None:
        remedy = "Return the folder of its Alembic versions from register_migrations()."
        yield _fault("P050", plugin, "has models but no migrations", remedy)
    elif not any(versions.glob("*.py")):
        remedy = "Add the folder to the wheel and build it again."
        yield _fault("P050", plugin, f"no migration was installed in {versions}", remedy)


def _check_unclaimed(plugin: Plugin, owners: Collection[str]) -> Iterator[Fault]:
    mapped = (mapper.class_ for mapper in Base.registry.mappers)
    for cls in sorted(mapped, key=lambda cls: cls.__name__):
        if cls.__tablename__ not in owners and _is_part_of(plugin, cls.__module__):
            message = f"the table {cls.__tablename__!r} is claimed by nobody"
            yield _fault("P052", plugin, message, f"Return {cls.__name__} from register_models().")


def _is_part_of(plugin: Plugin, module: str) -> bool:
    own = getattr(plugin.module, "__name__", "")
    package = own.rpartition(".")[0] or own
    return module == package or module.startswith(f"{package}.")


def grant(plugin: Plugin, wanted: str) -> str:
    """Return how the operator grants a table or a path."""
    return f'Grant it in cms.toml: [plugins.grants] {plugin.name} = ["{wanted}"]'


def _fault(code: str, plugin: Plugin, message: str, remedy: str) -> Fault:
    return Fault(code, plugin.name, plugin.distribution, message, remedy)

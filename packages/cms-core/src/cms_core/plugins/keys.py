"""Keys that must be unique over all plugins: permissions, jobs, reference kinds and so on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cms_core.faults import Fault
from cms_core.plugins.contributions import Plugin

#: First words of ``cms`` that belong to the core.
CORE_COMMANDS = ("db", "dev", "hooks", "openapi", "plugins", "serve", "worker")


def check_keys(what: str, keys: Iterable[tuple[Plugin, str]]) -> Iterator[Fault]:
    """Yield a fault for each key that was taken before."""
    owners: dict[str, Plugin] = {}
    for plugin, key in keys:
        if key in owners:
            message = f"the {what} {key!r} is taken by {owners[key].name}"
            remedy = f"Rename it in {plugin.name}."
            yield Fault("P075", plugin.name, plugin.distribution, message, remedy)
        owners.setdefault(key, plugin)

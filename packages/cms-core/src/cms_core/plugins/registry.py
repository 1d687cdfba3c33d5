"""Calls every hook once, plugin by plugin in dependency order, and keeps what they return."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from cms_core.configuration import variables_of
from cms_core.plugins.contributions import Contributions, Implementation, Lifespan, Plugin
from cms_core.plugins.discovery import core
from cms_core.plugins.faults import PluginFaults
from cms_core.plugins.hooks import Hooks

if TYPE_CHECKING:
    from cms_core.app import CMS


def collect(cms: CMS, plugins: Sequence[Plugin]) -> Contributions:
    """Return everything that the plugins contribute; cms-core itself always comes first.

    Raises `PluginFaults` with every fault found in one run.
    """
    plugins = [core(), *(plugin for plugin in plugins if plugin.name != "core")]
    hooks = Hooks(plugins)
    if hooks.faults:
        raise PluginFaults(hooks.faults)
    # Hooks that get the CMS may ask it for their settings: it sees what is collected so far.
    found = cms.contributions = Contributions(plugins=plugins)
    _collect_declarations(found, hooks, cms)
    _collect_parts(found, hooks, cms)
    return found


def _collect_declarations(found: Contributions, hooks: Hooks, cms: CMS) -> None:
    for plugin, kind in _each(hooks, "register_settings"):
        table = cms.settings.plugin_settings.get(plugin, {})
        found.settings[plugin] = kind(**{**table, **variables_of(kind, plugin)})
    found.models.update(_each(hooks, "register_models"))
    found.migrations.update(_each(hooks, "register_migrations"))
    for _, permission in _all(hooks, "register_permissions"):
        found.permissions[permission.key] = permission


def _collect_parts(found: Contributions, hooks: Hooks, cms: CMS) -> None:
    found.authenticators += _parts(hooks, "register_authenticators", cms)
    found.resolvers += _parts(hooks, "register_resolvers", cms)
    found.subscribers += _parts(hooks, "register_subscribers", cms)
    found.routers += _all(hooks, "register_routers", cms=cms)
    found.jobs += _parts(hooks, "register_jobs", cms)
    found.health_checks += _parts(hooks, "register_health_checks", cms)
    found.commands += _each(hooks, "register_commands")
    found.seeds += _parts(hooks, "register_dev_seeds", cms)
    found.lifespans += [(impl.plugin.name, _lifespan(impl)) for impl in hooks.of("lifespan")]


def _each(hooks: Hooks, name: str, **arguments: Any) -> Iterable[tuple[str, Any]]:
    for implementation in hooks.of(name):
        yield implementation.plugin.name, implementation(**arguments)


def _all(hooks: Hooks, name: str, **arguments: Any) -> Iterable[tuple[str, Any]]:
    for plugin, parts in _each(hooks, name, **arguments):
        yield from ((plugin, part) for part in parts)


def _parts(hooks: Hooks, name: str, cms: CMS) -> list[Any]:
    return [part for _, part in _all(hooks, name, cms=cms)]


def _lifespan(implementation: Implementation) -> Lifespan:
    return lambda cms: implementation(cms=cms)

"""Loads the set of plugins: discover, select, check requirements, import, order."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType

from cms_core.faults import Fault, PluginFaults
from cms_core.plugins.contributions import Plugin
from cms_core.plugins.discovery import Candidate, core, scan
from cms_core.plugins.importing import import_plugin
from cms_core.plugins.order import in_order
from cms_core.plugins.requirements import check_requirements, required_plugins
from cms_core.plugins.selection import select
from cms_core.settings import PluginMode, PluginSet


@dataclass(frozen=True, slots=True)
class Loaded:
    """The plugins that can be built, in dependency order, and why the others can't."""

    plugins: list[Plugin]
    faults: list[Fault]
    #: All that the metadata announces, whether in the set or not.
    installed: list[Candidate]


def load(chosen: PluginSet) -> Loaded:
    """Import the plugins of the set; every fault found in one run is kept, none is raised."""
    installed = scan()
    selected, faults = select(installed, chosen)
    faults += check_requirements(selected, installed)
    modules: dict[str, ModuleType] = {}
    for candidate in _not_blamed(selected, faults):
        module = import_plugin(candidate)
        if isinstance(module, Fault):
            faults.append(module)
        else:
            modules[candidate.name] = module
    requires = {each.name: required_plugins(each, installed) for each in selected}
    ordered, cycles = in_order(requires)
    by_name = {candidate.name: candidate for candidate in selected}
    faults += [_cycle(cycle, by_name) for cycle in cycles]
    plugins = [
        _plugin(by_name[name], modules[name], requires[name]) for name in ordered if name in modules
    ]
    absent = set(by_name) - {plugin.name for plugin in plugins}
    return Loaded([core(), *without(plugins, absent)], faults, installed)


def discover(names: Collection[str] | None = None) -> list[Plugin]:
    """Return the installed plugins (only those named, if names are given) in dependency order.

    Raises `PluginFaults`. Settings from ``cms.toml`` play no part: this is for tests and tools.
    """
    chosen = PluginSet()
    if names is not None:
        chosen = PluginSet(mode=PluginMode.ALLOWLIST, enabled=tuple(names))
    loaded = load(chosen)
    if loaded.faults:
        raise PluginFaults(loaded.faults)
    return loaded.plugins


def without(plugins: Iterable[Plugin], absent: Collection[str]) -> list[Plugin]:
    """Return the plugins (in dependency order) that need none of the absent ones."""
    gone, left = set(absent), []
    for plugin in plugins:
        if plugin.name in gone or gone.intersection(plugin.requires):
            gone.add(plugin.name)
        else:
            left.append(plugin)
    return left


def _not_blamed(selected: Iterable[Candidate], faults: Iterable[Fault]) -> list[Candidate]:
    blamed = {fault.plugin for fault in faults}
    return [candidate for candidate in selected if candidate.name not in blamed]


def _cycle(cycle: Sequence[str], by_name: Mapping[str, Candidate]) -> Fault:
    first = by_name[min(cycle)]
    remedy = "Remove one of these requirements, or disable the plugins."
    return Fault("P031", first.name, first.distribution, " → ".join(cycle), remedy)


def _plugin(candidate: Candidate, module: ModuleType, requires: tuple[str, ...]) -> Plugin:
    return Plugin(candidate.name, module, candidate.distribution, candidate.version, requires)

"""The hooks of a set of plugins: pluggy matches implementations with specs, we keep the order."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence

import pluggy

from cms_core import hookspecs
from cms_core.faults import Fault
from cms_core.plugins.contributions import Implementation, Plugin
from cms_core.plugins.selection import did_you_mean


class Hooks:
    """Hook → its implementations in the order of the plugins, that is dependency order."""

    def __init__(self, plugins: Sequence[Plugin]) -> None:
        self.faults: list[Fault] = []
        self._manager = pluggy.PluginManager("cms")
        self._manager.add_hookspecs(hookspecs)
        self._core = set(vars(self._manager.hook))
        # Specs first: an implementation is checked against its spec when it is registered.
        for plugin in plugins:
            self._add_specs(plugin)
        registered = [plugin for plugin in plugins if self._register(plugin)]
        self._by_name = {
            name: _in_order(caller, registered) for name, caller in self._callers().items()
        }
        self._check_pending()

    def of(self, name: str) -> Sequence[Implementation]:
        """The implementations of a hook, in dependency order."""
        return self._by_name.get(name, ())

    def extensions(self) -> dict[str, Sequence[Implementation]]:
        """The hooks that plugins specified, with their implementations."""
        return {name: found for name, found in self._by_name.items() if name not in self._core}

    def _callers(self) -> Mapping[str, pluggy.HookCaller]:
        return dict(vars(self._manager.hook))

    def _add_specs(self, plugin: Plugin) -> None:
        if not self._manager.parse_hookimpl_opts(plugin.module, "register_hookspecs"):
            return
        try:
            self._manager.add_hookspecs(plugin.module.register_hookspecs())
        except Exception as error:
            remedy = "Return a module with functions marked @hookspec."
            self._blame("P042", plugin, f"register_hookspecs failed: {error}", remedy)

    def _register(self, plugin: Plugin) -> bool:
        unmarked = self._unmarked(plugin)
        for name in unmarked:
            self._blame("P040", plugin, f"{name} is not marked", "Put @hookimpl above it.")
        try:
            self._manager.register(plugin.module, plugin.name)
        except (pluggy.PluginValidationError, ValueError) as error:
            message = str(error).splitlines()[-1]
            remedy = "Take only arguments that the spec of the hook names (`cms hooks`)."
            self._blame("P040", plugin, message, remedy)
            return False
        return not unmarked

    def _unmarked(self, plugin: Plugin) -> list[str]:
        functions = inspect.getmembers(plugin.module, inspect.isfunction)
        return [
            name
            for name, function in functions
            if name in self._core
            and function.__module__ == getattr(plugin.module, "__name__", None)
            and not self._manager.parse_hookimpl_opts(plugin.module, name)
        ]

    def _check_pending(self) -> None:
        callers = self._callers()
        known = {name for name, caller in callers.items() if caller.has_spec()}
        for name, caller in callers.items():
            if name in known or all(each.optionalhook for each in caller.get_hookimpls()):
                continue
            remedy = did_you_mean(name, known, "Mark it optionalhook=True if its owner is absent.")
            for implementation in self.of(name):
                self._blame("P041", implementation.plugin, f"unknown hook {name!r}", remedy)

    def _blame(self, code: str, plugin: Plugin, message: str, remedy: str) -> None:
        self.faults.append(Fault(code, plugin.name, plugin.distribution, message, remedy))


def _in_order(caller: pluggy.HookCaller, plugins: Sequence[Plugin]) -> tuple[Implementation, ...]:
    found = {each.plugin_name: each for each in caller.get_hookimpls()}
    return tuple(
        Implementation(plugin, found[plugin.name].function, tuple(found[plugin.name].argnames))
        for plugin in plugins
        if plugin.name in found
    )

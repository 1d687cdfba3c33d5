"""The hooks of a set of plugins: pluggy matches them with their specs, we keep the order."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

import pluggy

from cms_core import hookspecs
from cms_core.plugins.contributions import Implementation, Plugin
from cms_core.plugins.faults import Fault


class Hooks:
    """Hook name → its implementations in the order of the plugins, that is dependency order."""

    def __init__(self, plugins: Sequence[Plugin]) -> None:
        self.faults: list[Fault] = []
        self._manager = pluggy.PluginManager("cms")
        self._manager.add_hookspecs(hookspecs)
        # Specs first: an implementation is checked against its spec when it is registered.
        for plugin in plugins:
            self._add_specs(plugin)
        registered = [plugin for plugin in plugins if self._register(plugin)]
        by_module = {id(plugin.module): plugin for plugin in registered}
        self._by_name = {
            name: _in_order(caller, registered, by_module)
            for name, caller in vars(self._manager.hook).items()
        }
        self._check_pending()

    def of(self, name: str) -> Sequence[Implementation]:
        """The implementations of a hook, in dependency order."""
        return self._by_name.get(name, ())

    def _add_specs(self, plugin: Plugin) -> None:
        if self._manager.parse_hookimpl_opts(plugin.module, "register_hookspecs"):
            self._manager.add_hookspecs(plugin.module.register_hookspecs())

    def _register(self, plugin: Plugin) -> bool:
        try:
            self._manager.register(plugin.module, plugin.name)
        except pluggy.PluginValidationError as error:
            message = str(error).splitlines()[-1]
            self._blame("P040", plugin, message, "Take only arguments that the hook spec names.")
            return False
        return True

    def _check_pending(self) -> None:
        known = [name for name, caller in vars(self._manager.hook).items() if caller.has_spec()]
        for name, caller in vars(self._manager.hook).items():
            if caller.has_spec() or all(impl.optionalhook for impl in caller.get_hookimpls()):
                continue
            close = difflib.get_close_matches(name, known, n=1)
            hint = f"Did you mean {close[0]!r}?" if close else "Remove it."
            for implementation in self.of(name):
                self._blame("P041", implementation.plugin, f"unknown hook {name!r}", hint)

    def _blame(self, code: str, plugin: Plugin, message: str, remedy: str) -> None:
        self.faults.append(Fault(code, plugin.name, plugin.distribution, message, remedy))


def _in_order(
    caller: pluggy.HookCaller, plugins: Sequence[Plugin], by_module: dict[int, Plugin]
) -> tuple[Implementation, ...]:
    found = [
        Implementation(by_module[id(impl.plugin)], impl.function, tuple(impl.argnames))
        for impl in caller.get_hookimpls()
    ]
    return tuple(sorted(found, key=lambda each: plugins.index(each.plugin)))

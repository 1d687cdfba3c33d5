"""The set of plugins of a test: by name, or as modules that no distribution announces."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cms_core.plugins.contributions import Plugin
from cms_core.plugins.discovery import core
from cms_core.plugins.loading import discover
from cms_core.testing import testkit


def plugins_of(wanted: Sequence[str | Plugin | Any] | None) -> list[Plugin]:
    """Return core, the test kit, and those wanted: all that are installed for None.

    A string names an installed plugin (what it requires must be named too); anything else is a
    module or class that holds hook implementations itself. Raises `PluginFaults`.
    """
    kit = Plugin("testkit", testkit, "cms-core", "0")
    if wanted is None:
        return [core(), kit, *discover()[1:]]
    names = [each for each in wanted if isinstance(each, str)]
    others = [_plugin(each) for each in wanted if not isinstance(each, str)]
    return [core(), kit, *discover(names)[1:], *others]


def _plugin(holder: Any) -> Plugin:
    if isinstance(holder, Plugin):
        return holder
    name = holder.__name__.removesuffix(".plugin").rpartition(".")[2].lower()
    return Plugin(name, holder, "", "0")

"""Finds plugins: entry points in the group ``cms.plugins``, whose value is a module."""

from __future__ import annotations

import importlib
from collections.abc import Collection
from importlib.metadata import entry_points, version

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from cms_core.plugins.contributions import Plugin

GROUP = "cms.plugins"
CORE_DISTRIBUTION = "cms-core"


def core() -> Plugin:
    """Return cms-core as the plugin that every set begins with."""
    module = importlib.import_module("cms_core.core_plugin")
    return Plugin("core", module, CORE_DISTRIBUTION, version(CORE_DISTRIBUTION))


def discover(names: Collection[str] | None = None) -> list[Plugin]:
    """Return the installed plugins (only those named, if names are given), sorted by dependency."""
    points = {
        canonicalize_name(point.dist.name): point
        for point in entry_points(group=GROUP)
        if point.dist and (names is None or point.name in names)
    }
    by_distribution = {name: point.name for name, point in points.items()}
    found: list[Plugin] = []
    for point in sorted(points.values(), key=lambda each: each.name):
        assert point.dist is not None
        needed = (canonicalize_name(Requirement(r).name) for r in point.dist.requires or ())
        requires = tuple(by_distribution[name] for name in needed if name in by_distribution)
        found.append(
            Plugin(point.name, point.load(), point.dist.name, point.dist.version, requires)
        )
    return [core(), *_ordered(found)]


def _ordered(plugins: list[Plugin]) -> list[Plugin]:
    placed: dict[str, Plugin] = {}
    waiting = list(plugins)
    while waiting:
        ready = next(p for p in waiting if all(name in placed for name in p.requires))
        placed[ready.name] = ready
        waiting.remove(ready)
    return list(placed.values())

"""Finds plugins: entry points in the group ``cms.plugins``, whose value is a module."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from importlib.metadata import entry_points, version

from packaging.utils import canonicalize_name

from cms_core.plugins.contributions import Plugin

GROUP = "cms.plugins"
CORE_DISTRIBUTION = "cms-core"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A plugin as its distribution's metadata announces it: none of its code has run."""

    name: str
    module: str
    distribution: str
    version: str
    requirements: tuple[str, ...] = ()


def scan() -> list[Candidate]:
    """Return every plugin that is installed, sorted by name and distribution."""
    found = [
        Candidate(
            name=point.name,
            module=point.value,
            distribution=canonicalize_name(point.dist.name),
            version=point.dist.version,
            requirements=tuple(point.dist.requires or ()),
        )
        for point in entry_points(group=GROUP)
        if point.dist is not None
    ]
    return sorted(found, key=lambda each: (each.name, each.distribution))


def core() -> Plugin:
    """Return cms-core as the plugin that every set begins with."""
    module = importlib.import_module("cms_core.core_plugin")
    return Plugin("core", module, CORE_DISTRIBUTION, version(CORE_DISTRIBUTION))

"""Builds the CMS that the settings describe, from the plugins that are installed.

Nothing here opens a file or a connection of its own, so `cms plugins check` can do all of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from cms_core.app import CMS, build_cms
from cms_core.configuration import unknown_settings
from cms_core.faults import Fault, PluginFaults
from cms_core.lock import check_lock
from cms_core.plugins.contributions import Plugin
from cms_core.plugins.loading import load, without
from cms_core.settings import OnFailure, Settings


def load_cms(settings: Settings, on_failure: OnFailure | None = None) -> CMS:
    """Build the CMS that the settings describe, from what is installed.

    Raises `PluginFaults` with every fault found in one run. With `OnFailure.SKIP`, given here or
    in the settings, leaves out the faulty plugins and those that require them instead; the faults
    are then in ``cms.contributions.faults``.
    """
    loaded = load(settings.plugins)
    cms, faults = _build(settings, loaded.plugins)
    known = [candidate.name for candidate in loaded.installed]
    faults = [*loaded.faults, *faults]
    if cms is not None:
        faults += unknown_settings(settings, known)
        faults += check_lock(Path(settings.plugins.lock), cms.contributions)
        cms.contributions.faults = tuple(faults)
    if cms is None or (faults and (on_failure or settings.plugins.on_failure) is OnFailure.ABORT):
        raise PluginFaults(faults)
    return cms


def _build(settings: Settings, plugins: Sequence[Plugin]) -> tuple[CMS | None, list[Fault]]:
    """Build what can be built, and return every fault met on the way."""
    faults: dict[Fault, None] = {}
    while True:
        try:
            return build_cms(settings, plugins), list(faults)
        except PluginFaults as error:
            faults |= dict.fromkeys(error.faults)
            rest = without(plugins, {fault.plugin for fault in error.faults} - {"core"})
            if len(rest) == len(plugins):
                return None, list(faults)
            plugins = rest

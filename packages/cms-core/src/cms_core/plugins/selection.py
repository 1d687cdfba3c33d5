"""Which of the installed plugins take part, and who may claim a name."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Mapping, Sequence

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from cms_core.faults import Fault
from cms_core.plugins.discovery import Candidate
from cms_core.settings import PluginMode, PluginSet

_NAME = re.compile(r"[a-z][a-z0-9_]{1,29}")
#: Tables of ``cms.toml`` and the core itself; no plugin can have their names.
RESERVED = frozenset({"cms", "core", "plugins"})
#: What stands for the distribution of a module of the operator's own project.
PROJECT = "project"


def select(
    installed: Sequence[Candidate], chosen: PluginSet
) -> tuple[list[Candidate], list[Fault]]:
    """Return the plugins of the set, by name, and what is wrong with the choice."""
    claims: dict[str, list[Candidate]] = {}
    for candidate in [*installed, *_of_the_project(chosen)]:
        claims.setdefault(candidate.name, []).append(candidate)
    selected: list[Candidate] = []
    faults = _unknown_names(chosen, claims)
    for name in sorted(_wanted(chosen, claims)):
        holder = _holder(name, claims[name], chosen.distributions.get(name))
        if isinstance(holder, Candidate):
            selected.append(holder)
        else:
            faults.append(holder)
    return selected, faults


def did_you_mean(name: str, known: Collection[str], otherwise: str) -> str:
    """Return a remedy for a name that nobody knows."""
    close = difflib.get_close_matches(name, sorted(known), n=1)
    return f"Did you mean {close[0]!r}?" if close else otherwise


def _of_the_project(chosen: PluginSet) -> list[Candidate]:
    return [Candidate(module.partition(".")[0], module, PROJECT, "0") for module in chosen.modules]


def _wanted(chosen: PluginSet, claims: Mapping[str, object]) -> set[str]:
    wanted = set(claims)
    if chosen.mode is PluginMode.ALLOWLIST:
        own = {candidate.name for candidate in _of_the_project(chosen)}
        wanted &= own | set(chosen.enabled)
    return wanted - set(chosen.disabled)


def _unknown_names(chosen: PluginSet, claims: Mapping[str, object]) -> list[Fault]:
    named = {*chosen.enabled, *chosen.disabled, *chosen.distributions, *chosen.grants}
    remedy = "Install its distribution, or take the name out of the set."
    return [
        Fault("P090", name, "", "named in the set, but not installed", _hint(name, claims, remedy))
        for name in sorted(named - set(claims) - {"core"})
    ]


def _hint(name: str, claims: Mapping[str, object], otherwise: str) -> str:
    return did_you_mean(name, set(claims), otherwise)


def _holder(name: str, rivals: Sequence[Candidate], pin: str | None) -> Candidate | Fault:
    if not _NAME.fullmatch(name) or name in RESERVED:
        return Fault(
            "P012",
            name,
            rivals[0].distribution,
            f"{name!r} can't be a plugin's name",
            f"Rename the entry point: {_NAME.pattern}, but not {', '.join(sorted(RESERVED))}.",
        )
    allowed = [rival for rival in rivals if pin is None or _matches(rival, pin)]
    if len(allowed) == 1:
        return allowed[0]
    everybody = ", ".join(f"{rival.distribution} {rival.version}" for rival in rivals)
    if not allowed:
        message = f"pinned to {pin!r}, but installed is {everybody}"
        remedy = "Install what the pin names, or change [plugins.distributions]."
        return Fault("P091", name, rivals[0].distribution, message, remedy)
    message = f"claimed by {everybody}"
    remedy = f"Uninstall all but one, or name it in [plugins.distributions]: {name} = …"
    return Fault("P013", name, ", ".join(each.distribution for each in rivals), message, remedy)


def _matches(candidate: Candidate, pin: str) -> bool:
    try:
        requirement = Requirement(pin)
    except InvalidRequirement:
        return False
    return canonicalize_name(requirement.name) == candidate.distribution and (
        requirement.specifier.contains(candidate.version, prereleases=True)
    )

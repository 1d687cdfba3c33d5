"""Checks what plugins require against what is installed, from metadata alone.

pip only warns when an upgrade breaks a requirement, and ``--no-deps`` images skip the check.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from importlib.metadata import PackageNotFoundError, version

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from cms_core.faults import Fault
from cms_core.plugins.discovery import CORE_DISTRIBUTION, Candidate


def check_requirements(
    selected: Sequence[Candidate], installed: Sequence[Candidate]
) -> Iterator[Fault]:
    """Yield a fault for each requirement that is missing, of another version, or not in the set."""
    names = {candidate.name for candidate in selected}
    for candidate in selected:
        for requirement in _requirements(candidate):
            yield from _check(candidate, requirement)
        for needed in required_plugins(candidate, installed):
            if needed not in names:
                message = f"requires the plugin {needed!r}, which is not in the set"
                remedy = f"Enable {needed!r}, or disable {candidate.name!r}."
                yield Fault("P030", candidate.name, candidate.distribution, message, remedy)


def required_plugins(candidate: Candidate, installed: Iterable[Candidate]) -> tuple[str, ...]:
    """Return the names of the plugins whose distributions the candidate requires."""
    needed = {canonicalize_name(requirement.name) for requirement in _requirements(candidate)}
    names = {
        other.name
        for other in installed
        if other.distribution in needed and other.distribution != candidate.distribution
    }
    return tuple(sorted(names))


def _requirements(candidate: Candidate) -> Iterator[Requirement]:
    for text in candidate.requirements:
        requirement = Requirement(text)
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            yield requirement


def _check(candidate: Candidate, requirement: Requirement) -> Iterator[Fault]:
    wanted = f"{requirement.name}{requirement.specifier}"
    try:
        present = version(requirement.name)
    except PackageNotFoundError:
        message, code = f"requires {wanted}, which is not installed", "P021"
    else:
        if requirement.specifier.contains(present, prereleases=True):
            return
        message, code = f"requires {wanted}, but {present} is installed", "P022"
    other = "a release that fits the core" if requirement.name == CORE_DISTRIBUTION else wanted
    remedy = (
        f"Install {other!r}."
        if other == wanted
        else f"Install {candidate.distribution} in {other}, or the core that it asks for."
    )
    yield Fault(code, candidate.name, candidate.distribution, message, remedy)

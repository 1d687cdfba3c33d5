"""What a campaign is, what one run of it is given, and what it found."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from campaigns.arena import Arena

L = TypeVar("L")


class Size(StrEnum):
    """How much is done: enough for every change, or as much as the promise names."""

    CI = "ci"
    FULL = "full"


class Engine(StrEnum):
    SQLITE = "sqlite"
    POSTGRESQL = "postgresql"


@dataclass(frozen=True, slots=True)
class Assignment:
    """Which run to do. `fault` is planted in the code before, and must then be caught."""

    campaign: str
    size: Size
    engine: Engine
    seed: int
    variant: str
    fault: str | None = None

    def __str__(self) -> str:
        parts = [self.campaign, self.variant, self.engine, self.size, f"seed {self.seed}"]
        planted = [f"fault {self.fault}"] if self.fault else []
        return " · ".join([*parts, *planted])


#: Violations that any fault would show that does not fit the code any more.
BROKEN_DOWN = frozenset({"failed", "crashed"})


@dataclass(slots=True)
class Outcome:
    """What one run did and found."""

    cases: int
    #: What was done to the system, such as kills: counted when it really happened.
    injected: dict[str, int] = field(default_factory=dict)
    #: The load that was reached.
    load: dict[str, float] = field(default_factory=dict)
    #: The least of `injected` and `load` that makes the run count.
    floors: dict[str, float] = field(default_factory=dict)
    #: How often each part of the promise was broken.
    violations: dict[str, int] = field(default_factory=dict)
    #: Some of the violations in words.
    examples: list[str] = field(default_factory=list)
    #: Times, which are told and never judged.
    figures: dict[str, float] = field(default_factory=dict)

    @property
    def broken(self) -> bool:
        """Whether the promise was broken."""
        return any(self.violations.values())

    @property
    def short_of(self) -> dict[str, float]:
        """The floors that were not reached."""
        reached = {**self.injected, **self.load}
        return {name: least for name, least in self.floors.items() if reached.get(name, 0) < least}

    def failure(self, fault: str | None) -> str | None:
        """Return why the run fails, None when it passes.

        With a planted fault it passes exactly if it noticed it. That requests and processes failed
        is not enough: then what was planted does not work itself.
        """
        if fault:
            noticed = any(self.violations[name] for name in self.violations.keys() - BROKEN_DOWN)
            return None if noticed else f"the planted fault {fault!r} was not caught"
        if self.broken:
            told = ", ".join(f"{count} {name}" for name, count in self.violations.items() if count)
            return f"violations: {told}"
        if self.short_of:
            told = ", ".join(f"{name} < {least:g}" for name, least in self.short_of.items())
            return f"the load was not reached: {told}"
        return None


@dataclass(frozen=True, slots=True)
class Campaign(Generic[L]):
    """One promise and the way to break it. `loads` says how much is done, by size and engine."""

    name: str
    promise: str
    run: Callable[[Arena, L], Outcome]
    loads: Mapping[tuple[Size, Engine], L]
    variants: tuple[str, ...]

    def parameters(self, assignment: Assignment) -> dict[str, Any]:
        """The load of a run, as it is kept with its result."""
        load: Any = self.loads[assignment.size, assignment.engine]
        return asdict(load)

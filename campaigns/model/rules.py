"""The protocol as a set of rules, and the worlds in which it must hold."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise


class Act(StrEnum):
    """One thing that a writer does; each happens at one moment."""

    COMMIT = "commits new content and a new generation"
    WRITE = "commits new content"
    RENEW = "commits a new generation"
    TIDY = "deletes the row of the generation"
    DELETE = "deletes the key in Redis"
    ACKNOWLEDGE = "acknowledges"


@dataclass(frozen=True, slots=True)
class Rules:
    """What writers, readers and processes do. The defaults are the protocol of this project."""

    #: A writer may die after each act, or wait for ever. That it deletes superseded keys at the end
    #: is left out: Redis may lose everything at any time anyway.
    acts: tuple[Act, ...] = (Act.COMMIT, Act.ACKNOWLEDGE)
    #: Generations are random: none comes twice, even after a restore.
    random: bool = True
    #: An entry is an answer only if its generations are those of the database.
    validates: bool = True
    #: Each process has a cache of its own before the shared one.
    local: bool = True
    #: A validation query is frozen when it is sent.
    frozen: bool = True
    #: A load reads content and generations at one moment.
    one_snapshot: bool = True
    #: Who finds a load that began before it came has its result validated.
    doubts_older_loads: bool = True
    #: Readers catch up with a plan that is overdue.
    minds_due: bool = True
    #: The worker goes by the clock of the database.
    worker_minds_clock: bool = True


#: What is checked; planted faults replace it.
RULES = Rules()


@dataclass(frozen=True, slots=True)
class World:
    """How many take part, and what may happen to them."""

    #: The process of each reader; each reads once, all objects.
    readers: tuple[int, ...]
    #: The object of each writer; each writes once.
    writers: tuple[int, ...] = ()
    #: One more object is planned to change at an instant.
    plan: bool = False
    restores: int = 0
    #: Redis answers with anything that it was ever given, or with nothing.
    hostile: bool = False
    #: Nothing is lost, no time passes, and one read comes after the other.
    calm: bool = False

    @property
    def objects(self) -> int:
        return max(self.writers, default=0) + 1 + self.plan

    @property
    def processes(self) -> int:
        return max(self.readers) + 1


class Setting:
    """Which rules in which world.

    Those who are alike begin in order: to exchange them would only be the same case again.
    `reader_before` and `writer_before` name who must have begun, None when nobody must.
    """

    def __init__(self, rules: Rules, world: World) -> None:
        self.rules = rules
        self.world = world
        self.writer_before = _previous_of_same(world.writers)
        self.reader_before = _previous_of_same(world.readers)
        if len({world.readers.count(home) for home in world.readers}) == 1:
            firsts = [world.readers.index(home) for home in range(world.processes)]
            for one, another in pairwise(firsts):
                self.reader_before[another] = one


def _previous_of_same(homes: tuple[int, ...]) -> list[int | None]:
    """For each the nearest before it with the same number."""
    return [
        max((other for other in range(number) if homes[other] == home), default=None)
        for number, home in enumerate(homes)
    ]

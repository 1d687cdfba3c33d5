"""A read never returns what was replaced before it began: every order of events, in a model."""

from __future__ import annotations

from dataclasses import dataclass

from campaigns.arena import Arena
from campaigns.campaign import Campaign, Engine, Outcome, Size
from campaigns.model import rules
from campaigns.model.checker import Exploration
from campaigns.model.protocol import Protocol, is_settled
from campaigns.model.rules import World
from campaigns.model.states import State
from campaigns.violations import Violations

KINDS = ("stale", "early", "stuck", "no hit")


@dataclass(frozen=True, slots=True)
class Load:
    """How many take part. In a world with more that may happen there is a writer less."""

    readers: int
    writers: int


def worlds(load: Load) -> dict[str, World]:
    """The worlds by the name of the variant."""
    together = (0,) * load.readers
    apart = tuple(number % 2 for number in range(load.readers))
    writers, fewer = (0,) * load.writers, (0,) * (load.writers - 1)
    return {
        "one-process": World(together, writers),
        "two-processes": World(apart, writers),
        "plan": World(together, fewer, plan=True),
        "restore": World(together, writers, restores=1),
        "hostile-redis": World(apart, fewer, hostile=True),
    }


def run(arena: Arena, load: Load) -> Outcome:
    """Visit every state of a world, then read twice wherever everything is settled."""
    # Looked up now: a planted fault has replaced it.
    protocol = Protocol(rules.RULES, worlds(load)[arena.variant])
    explored = protocol.explore()
    settled = [state for state in explored.reached if is_settled(state)]
    # A protocol that is wrong already may also lack hits; the first counterexample says enough.
    repeated = protocol.repeat([] if explored.broken else settled)
    found = Violations(*KINDS)
    for each in (explored, repeated):
        _note(each, found)
    return Outcome(
        cases=explored.states,
        load={
            "steps": explored.steps,
            "deepest": explored.depth,
            "settled": len(settled),
            "complete": explored.complete and repeated.complete,
        },
        floors={"steps": 5_000, "settled": 50, "complete": 1},
        violations=found.counts,
        examples=found.examples,
    )


def _note(explored: Exploration[State], found: Violations) -> None:
    if explored.broken:
        found.note(explored.broken.kind, f"the shortest way there\n{explored.broken}")


MODEL = Campaign(
    name="model",
    promise="No order of events lets a read return what was replaced before it began.",
    run=run,
    loads={
        (Size.CI, Engine.SQLITE): Load(readers=2, writers=2),
        (Size.FULL, Engine.SQLITE): Load(readers=3, writers=2),
    },
    variants=("one-process", "two-processes", "plan", "restore", "hostile-redis"),
)

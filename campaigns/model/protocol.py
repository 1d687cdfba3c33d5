"""The cache as a whole: where it begins, what may happen next, and what must never be."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from campaigns.model import reading, writing
from campaigns.model.checker import Checker, Exploration
from campaigns.model.rules import Rules, Setting, World
from campaigns.model.states import Database, Entry, Phase, Process, Reader, Stage, State


class Protocol:
    """The states of one set of rules in one world."""

    def __init__(self, rules: Rules, world: World) -> None:
        self._setting = Setting(rules, world)

    def initial(self) -> Iterator[State]:
        """Yield the beginnings: all caches empty, and all filled with what is true."""
        rules, world = self._setting.rules, self._setting.world
        nothing = (0,) * world.objects
        true = Entry(nothing, nothing)
        db = Database(nothing, nothing, 0, (nothing,), 0, False, world.plan, world.restores)
        for shared, local in (((), None), ((true,), true if rules.local else None)):
            yield State(
                db=db,
                writers=(0,) * len(world.writers),
                shared=shared,
                puts=(),
                processes=(Process(local=local),) * world.processes,
                readers=(Reader(),) * len(world.readers),
            )

    def steps(self, state: State) -> Iterator[tuple[str, State]]:
        """Yield all that may happen next."""
        yield from reading.steps(self._setting, state)
        yield from writing.steps(self._setting, state)

    def judge(self, state: State) -> str | None:
        """Whether an answer was wrong: ``stale`` or ``early``."""
        return next((reader.wrong for reader in state.readers if reader.wrong), None)

    def judge_end(self, state: State) -> str | None:
        """When nothing can happen any more, every read was answered."""
        answered = all(reader.phase == Phase.ANSWERED for reader in state.readers)
        return None if answered else "stuck"

    def explore(self) -> Exploration[State]:
        """Visit every state."""
        return Checker(self.steps, self.judge, self.judge_end).explore(self.initial())

    def repeat(self, states: Iterable[State]) -> Exploration[State]:
        """Read twice in each of these states, while nothing else happens.

        The second read must be a hit: else a cache that stores nothing would pass everything.
        """
        world = replace(self._setting.world, readers=(0, 0), calm=True, hostile=False)
        calm = Protocol(self._setting.rules, world)
        return Checker(calm.steps, calm.judge, calm.judge_repeated).explore(
            {state._replace(readers=(Reader(), Reader())) for state in states}
        )

    def judge_repeated(self, state: State) -> str | None:
        """The last read was answered from a cache."""
        return self.judge_end(state) or (None if state.readers[-1].hit else "no hit")


def is_settled(state: State) -> bool:
    """Whether nobody is in the middle of something."""
    return (
        not state.puts
        and all(reader.phase == Phase.ANSWERED for reader in state.readers)
        and not any(process.sent or process.load != Stage.NONE for process in state.processes)
    )

"""Visits every state that can be reached, the nearest first, until one breaks a promise.

Breadth first, so the first broken state that is found has the shortest way to it.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Hashable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Generic, TypeVar

S = TypeVar("S", bound=Hashable)

#: Yields each thing that may happen next, in words, with the state that it leads to.
Steps = Callable[[S], Iterable[tuple[str, S]]]
#: Returns in words what is wrong with a state, None when nothing is.
Judge = Callable[[S], str | None]


@dataclass(frozen=True, slots=True)
class Counterexample:
    """A promise that was broken, and the shortest way there."""

    kind: str
    trace: tuple[str, ...]

    def __str__(self) -> str:
        lines = [f"{number:3} {step}" for number, step in enumerate(self.trace, start=1)]
        return "\n".join([*lines, f"    {self.kind}"])


@dataclass(frozen=True, slots=True)
class Exploration(Generic[S]):
    """What was visited: each state with the one that it was reached from."""

    reached: dict[S, S | None]
    steps: int
    #: Steps to the state that is farthest away.
    depth: int
    broken: Counterexample | None
    #: False when it was ended early: by a broken state, or because there were too many.
    complete: bool

    @property
    def states(self) -> int:
        return len(self.reached)


class Checker(Generic[S]):
    """Explores what `steps` makes of the initial states.

    `judge` looks at every state, `judge_end` at those where nothing can happen any more.
    """

    def __init__(
        self, steps: Steps[S], judge: Judge[S], judge_end: Judge[S], most: int = 5_000_000
    ) -> None:
        self._steps = steps
        self._judge = judge
        self._judge_end = judge_end
        self._most = most

    def explore(self, initial: Iterable[S]) -> Exploration[S]:
        """Visit all states, at most so many, or those before the first that is broken."""
        with _nothing_collected():
            return self._explore(dict.fromkeys(initial))

    def _explore(self, reached: dict[S, S | None]) -> Exploration[S]:
        front, steps, depth = list(reached), 0, 0
        while front and len(reached) <= self._most:
            following: list[S] = []
            for state in front:
                made = [each for _, each in self._steps(state)]
                steps += len(made)
                if kind := self._judge(state) or (not made and self._judge_end(state)):
                    broken = Counterexample(kind, tuple(self._trace(reached, state)))
                    return Exploration(reached, steps, depth, broken, complete=False)
                for each in made:
                    if each not in reached:
                        reached[each] = state
                        following.append(each)
            front = following
            depth += bool(front)
        return Exploration(reached, steps, depth, None, complete=not front)

    def _trace(self, reached: dict[S, S | None], state: S) -> Iterator[str]:
        # Words are looked up only here: to keep them with every state would double the memory.
        before = reached[state]
        if before is not None:
            yield from self._trace(reached, before)
            yield next(words for words, each in self._steps(before) if each == state)


@contextmanager
def _nothing_collected() -> Iterator[None]:
    """States make no cycles: to look for some among a million tuples takes most of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()

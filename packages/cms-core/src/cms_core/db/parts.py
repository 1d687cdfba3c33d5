"""Parts of answers: what many of them show of other things, such as the name of an author.

They are kept by the rule that holds for answers: with the generations of the scopes that they were
read from, in one snapshot. An answer that is made with kept parts asks for their generations in the
moment of its own snapshot; if they differ, it is made again without them.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any, NamedTuple

#: Parts that a process keeps at the most; then it begins anew, as when it started.
MOST = 20_000


class Part(NamedTuple):
    """A kept part, and the generations that it was read with."""

    value: Any
    gens: Mapping[str, str | None]


class Parts:
    """The parts that a process has, by what they are."""

    def __init__(self) -> None:
        self._parts: dict[Hashable, Part] = {}

    def use(self) -> PartsInUse:
        """Return a view for one reading."""
        return PartsInUse(self._parts)


class PartsInUse:
    """What one reading has taken and brought: settled when the generations are known."""

    def __init__(self, parts: dict[Hashable, Part]) -> None:
        self._parts = parts
        self._taken: dict[Hashable, Part] = {}
        self._brought: dict[Hashable, tuple[Any, tuple[str, ...]]] = {}

    def take(self, key: Hashable) -> Any:
        """Return a kept part; None where there is none."""
        part = self._parts.get(key)
        if part is None:
            return None
        self._taken[key] = part
        return part.value

    def bring(self, key: Hashable, value: Any, scopes: tuple[str, ...]) -> None:
        """Let a part be kept that was read in this snapshot from these scopes."""
        self._brought[key] = value, scopes

    @property
    def scopes(self) -> set[str]:
        """The scopes whose generations have to be known to settle."""
        taken = (scope for part in self._taken.values() for scope in part.gens)
        return {*taken, *(scope for _, scopes in self._brought.values() for scope in scopes)}

    def settle(self, gens: Mapping[str, str]) -> bool:
        """Keep what was brought; return whether all that was taken is of this moment too."""
        if len(self._parts) + len(self._brought) > MOST:
            self._parts.clear()
        for key, (value, scopes) in self._brought.items():
            self._parts[key] = Part(value, {scope: gens.get(scope) for scope in scopes})
        outdated = [
            key
            for key, part in self._taken.items()
            if any(gens.get(scope) != gen for scope, gen in part.gens.items())
        ]
        for key in outdated:
            self._parts.pop(key, None)
        return not outdated

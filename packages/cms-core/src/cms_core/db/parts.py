"""Parts of answers: what many of them show of other things, such as the name of an author.

They are kept by the rule that holds for answers: with the generations of the scopes that they were
read from, in one snapshot. An answer that is made with kept parts asks for their generations in the
moment of its own snapshot; if they differ, it is made again without them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from typing import Any, NamedTuple

#: Parts that a process keeps at the most; then it begins anew, as when it started.
MOST = 20_000


class Part(NamedTuple):
    """A kept part, and the generations that it was read with, by scope."""

    value: Any
    gens: tuple[tuple[str, str | None], ...]


class Parts:
    """The parts that a process has, by what they are."""

    def __init__(self) -> None:
        self._parts: dict[str, dict[Hashable, Part]] = defaultdict(dict)

    def use(self) -> PartsInUse:
        """Return a view for one reading."""
        return PartsInUse(self._parts)


class PartsInUse:
    """What one reading has taken and brought: settled when the generations are known."""

    def __init__(self, parts: dict[str, dict[Hashable, Part]]) -> None:
        self._parts = parts
        self._taken: list[tuple[str, dict[Hashable, Part]]] = []
        self._brought: list[tuple[str, Mapping[Hashable, Any], tuple[str, ...]]] = []

    def take(self, kind: str, keys: Iterable[Hashable]) -> dict[Hashable, Any]:
        """Return those parts of a kind that are kept, by their keys."""
        kept = self._parts.get(kind)
        if not kept:
            return {}
        found = {key: part for key in keys if (part := kept.get(key)) is not None}
        self._taken.append((kind, found))
        return {key: part.value for key, part in found.items()}

    def bring(self, kind: str, values: Mapping[Any, Any], scopes: tuple[str, ...]) -> None:
        """Let parts be kept that were read in this snapshot from these scopes."""
        self._brought.append((kind, values, scopes))

    @property
    def scopes(self) -> set[str]:
        """The scopes whose generations have to be known to settle."""
        brought = {scope for _, _, scopes in self._brought for scope in scopes}
        return brought.union(scope for gens in self._taken_gens() for scope, _ in gens)

    def settle(self, gens: Mapping[str, str]) -> bool:
        """Keep what was brought; return whether all that was taken is of this moment too."""
        for kind, values, scopes in self._brought:
            if sum(map(len, self._parts.values())) + len(values) > MOST:
                self._parts.clear()
            read_with = tuple((scope, gens.get(scope)) for scope in scopes)
            self._parts[kind].update((key, Part(value, read_with)) for key, value in values.items())
        # Most parts share their generations with others: each is compared once.
        outdated = {
            read_with
            for read_with in self._taken_gens()
            if any(gens.get(scope) != gen for scope, gen in read_with)
        }
        if outdated:
            for kind, found in self._taken:
                for key, part in found.items():
                    if part.gens in outdated:
                        self._parts[kind].pop(key, None)
        return not outdated

    def _taken_gens(self) -> set[tuple[tuple[str, str | None], ...]]:
        return {part.gens for _, found in self._taken for part in found.values()}

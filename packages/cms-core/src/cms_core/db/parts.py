"""Parts of answers: what many of them show of other things, such as the name of an author.

They are kept by the rule that holds for answers: with the generations of the scopes that they were
read from, in one snapshot. An answer that is made with kept parts asks for their generations in the
moment of its own snapshot; if they differ, it is made again without them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from typing import Any, NamedTuple

#: Bytes that the parts of a process may take, roughly; then it begins anew, as when it started.
MOST = 16 * 2**20
#: Bytes that a part is taken to need for its key, its generations and, if it is no JSON, itself.
EACH = 1024


class Part(NamedTuple):
    """A kept part, and the generations that it was read with, by scope."""

    value: Any
    gens: tuple[tuple[str, str | None], ...]


class Parts:
    """The parts that a process has, by what they are."""

    def __init__(self) -> None:
        self._by_kind: dict[Hashable, dict[Hashable, Part]] = defaultdict(dict)
        self._used = 0
        self._instance = ""

    def use(self) -> PartsInUse:
        """Return a view for one reading."""
        return PartsInUse(self)

    def of_kind(self, kind: Hashable) -> Mapping[Hashable, Part]:
        """The parts of a kind."""
        return self._by_kind.get(kind, {})

    def forget_unless_of(self, instance: str) -> bool:
        """Forget parts that come from another database, which was restored; return if none did.

        Without a name it is nobody's: a reading that depends on nothing does not ask for it.
        """
        same = instance in ("", self._instance)
        if not same:
            self._begin_anew()
            self._instance = instance
        return same

    def keep(self, kind: Hashable, parts: Mapping[Hashable, Part]) -> None:
        """Keep parts of a kind in place of those that their keys had."""
        self.drop(kind, parts)
        size = sum(map(_size, parts.values()))
        if self._used + size > MOST:
            self._begin_anew()
        self._by_kind[kind].update(parts)
        self._used += size

    def drop(self, kind: Hashable, keys: Iterable[Hashable]) -> None:
        """Forget parts of a kind, as far as they are still kept."""
        parts = self._by_kind.get(kind, {})
        self._used -= sum(_size(part) for key in keys if (part := parts.pop(key, None)))
        if not parts:
            self._by_kind.pop(kind, None)  # readers choose what kinds there are

    def _begin_anew(self) -> None:
        self._by_kind.clear()
        self._used = 0


class PartsInUse:
    """What one reading has taken and brought: settled when the generations are known."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._taken: list[tuple[Hashable, dict[Hashable, Part]]] = []
        #: What they were read with: most share their generations with others.
        self._taken_gens: set[tuple[tuple[str, str | None], ...]] = set()
        self._brought: list[tuple[Hashable, Mapping[Hashable, Any], tuple[str, ...]]] = []

    def take(self, kind: Hashable, keys: Iterable[Hashable]) -> dict[Hashable, Any]:
        """Return those parts of a kind that are kept, by their keys."""
        kept = self._parts.of_kind(kind)
        if not kept:
            return {}
        found = {key: part for key in keys if (part := kept.get(key)) is not None}
        self._taken.append((kind, found))
        self._taken_gens.update([part.gens for part in found.values()])
        return {key: part.value for key, part in found.items()}

    def bring(self, kind: Hashable, values: Mapping[Any, Any], scopes: tuple[str, ...]) -> None:
        """Let parts be kept that were read in this snapshot from these scopes."""
        self._brought.append((kind, values, scopes))

    @property
    def scopes(self) -> set[str]:
        """The scopes whose generations have to be known to settle."""
        brought = {scope for _, _, scopes in self._brought for scope in scopes}
        return brought.union(scope for gens in self._taken_gens for scope, _ in gens)

    def settle(self, gens: Mapping[str, str], instance: str = "") -> bool:
        """Return whether all that was taken is of this moment; then keep what was brought.

        What was brought may have been made with what was taken. With the generations comes the
        database that has them.
        """
        same = self._parts.forget_unless_of(instance) or not self._taken
        outdated = {
            read_with
            for read_with in self._taken_gens
            if any(gens.get(scope) != gen for scope, gen in read_with)
        }
        if outdated:
            for kind, found in self._taken:
                old = [key for key, part in found.items() if part.gens in outdated]
                self._parts.drop(kind, old)
        whole = same and not outdated
        if whole:
            for kind, values, scopes in self._brought:
                read_with = tuple((scope, gens.get(scope)) for scope in scopes)
                brought = {key: Part(value, read_with) for key, value in values.items()}
                self._parts.keep(kind, brought)
        return whole


def _size(part: Part) -> int:
    """About how many bytes a part takes."""
    values = part.value if isinstance(part.value, tuple) else (part.value,)
    return EACH + sum(len(value) for value in values if isinstance(value, bytes | str))

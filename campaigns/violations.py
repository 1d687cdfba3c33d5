"""A count of each way in which a promise was broken, with some examples in words."""

from __future__ import annotations

MOST_EXAMPLES = 8


class Violations:
    """Counts by kind; the kinds named at the beginning are there even when nothing happens."""

    def __init__(self, *kinds: str) -> None:
        self.counts = dict.fromkeys(kinds, 0)
        self.examples: list[str] = []

    def note(self, kind: str, example: str) -> None:
        """Count one, and keep it as an example while there are few."""
        self.counts[kind] = self.counts.get(kind, 0) + 1
        if len(self.examples) < MOST_EXAMPLES:
            self.examples.append(f"{kind}: {example}")

    def add(self, kind: str, count: int) -> None:
        """Count so many more."""
        self.counts[kind] = self.counts.get(kind, 0) + count

    def include(self, others: Violations) -> None:
        """Count all of the others too."""
        for kind, count in others.counts.items():
            self.add(kind, count)
        self.examples += others.examples

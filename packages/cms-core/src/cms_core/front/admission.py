"""How many requests run at once: beyond that, a quick refusal serves everybody better."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from cms_core.errors import Unavailable

#: What must answer also (and above all) when the server has too much to do.
ALWAYS = frozenset({"/livez", "/readyz", "/metrics"})


class Overloaded(Unavailable):
    """The server has more to do than it can; try again in a moment."""


class Admission:
    """Counts the requests that are running."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.running = 0

    @contextmanager
    def admit(self, path: str) -> Iterator[None]:
        """Let a request run inside the block; raises `Overloaded`."""
        if self.running >= self._most and path not in ALWAYS:
            raise Overloaded
        self.running += 1
        try:
            yield
        finally:
            self.running -= 1

"""How many requests run at once: beyond that, a quick refusal serves everybody better."""

from __future__ import annotations

from cms_core.errors import Unavailable

#: What must answer also (and above all) when the server has too much to do.
ALWAYS = frozenset({"/livez", "/readyz", "/metrics"})


class Overloaded(Unavailable):
    """The server has more to do than it can; try again in a moment."""


class Admission:
    """Counts the requests that run inside its blocks."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._running = 0

    def check(self, path: str) -> None:
        """Raise `Overloaded` when there is no room for another request."""
        if self._running >= self._most and path not in ALWAYS:
            raise Overloaded

    def __enter__(self) -> None:
        self._running += 1

    def __exit__(self, *_: object) -> None:
        self._running -= 1

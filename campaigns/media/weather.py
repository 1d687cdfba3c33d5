"""Which requests to S3 go wrong, and how: in all ways in turn, so that none depends on luck."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from enum import IntEnum, auto
from itertools import cycle, product

#: Of so many requests to addresses where all is well, one begins a fault.
EVERY = 4
#: Requests to that address that it lasts for: it passes at once, or outlasts every retry.
LASTING = (1, 8)


class Fault(IntEnum):
    """What happens to one request or its answer."""

    ERROR = 0  # 500, and nothing was done
    SLOW_DOWN = auto()  # 503, as S3 says it
    SLOW = auto()  # the answer comes late
    STALLED = auto()  # so late that nobody waits for it; the request is obeyed after that
    RESET_REQUEST = auto()  # the connection is reset in the middle of the request
    RESET_ANSWER = auto()  # or in the middle of the answer; the request was obeyed
    LOST_ANSWER = auto()  # or before the answer; the request was obeyed
    CUT = auto()  # the answer announces more than comes, then the connection is closed
    SHORT = auto()  # the answer has less than was asked for, and says so
    LATE_ERROR = auto()  # 200 with an error in the body: so S3 fails to put parts together


_ALWAYS = (
    Fault.ERROR,
    Fault.SLOW_DOWN,
    Fault.SLOW,
    Fault.STALLED,
    Fault.RESET_REQUEST,
    Fault.RESET_ANSWER,
    Fault.LOST_ANSWER,
)
_OF_BODIES = (*_ALWAYS, Fault.CUT, Fault.SHORT)
#: What may happen to requests: those that complete an upload in parts are a kind of their own.
_POSSIBLE = {
    "PUT": _ALWAYS,
    "GET": _OF_BODIES,
    "HEAD": _ALWAYS,
    "DELETE": _ALWAYS,
    "POST": _OF_BODIES,
    "complete": (*_OF_BODIES, Fault.LATE_ERROR),
}


class Weather:
    """Chooses faults by method and target."""

    def __init__(self, chance: random.Random) -> None:
        self._coming = {kind: _in_turn(faults, chance) for kind, faults in _POSSIBLE.items()}
        self._asked: Counter[str] = Counter()
        self._lasting: dict[tuple[str, str], list[Fault]] = {}

    def fault(self, method: str, target: str) -> Fault | None:
        """What happens to this request; None for nothing."""
        asked = method, target
        if asked not in self._lasting:
            kind = "complete" if method == "POST" and "uploadId=" in target else method
            self._asked[kind] += 1
            if self._asked[kind] % EVERY:
                return None
            fault, times = next(self._coming[kind])
            self._lasting[asked] = [fault] * times
        fault = self._lasting[asked].pop()
        if not self._lasting[asked]:
            del self._lasting[asked]
        return fault


def _in_turn(faults: Sequence[Fault], chance: random.Random) -> Iterator[tuple[Fault, int]]:
    turns = list(product(faults, LASTING))
    chance.shuffle(turns)
    return cycle(turns)

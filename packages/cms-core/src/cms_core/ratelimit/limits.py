"""What a rate limit is, and the arithmetic that every limiter shares.

The algorithm is GCRA (the generic cell rate algorithm of ATM networks): for each key only one
instant is kept, the moment at which all hits so far have been paid for. The distance from now
to that moment is the backlog. All times are integer microseconds, so that Python and Lua agree.
"""

import hashlib
import math
import re
from dataclasses import dataclass, replace
from typing import Protocol

SECOND = 1_000_000
_NAME = re.compile(r"[a-z][a-z0-9-]*")


@dataclass(frozen=True, slots=True)
class RateLimit:
    """At most `burst` hits at once and, in the long run, `limit` in each `period` seconds."""

    name: str
    limit: int
    period: float
    burst: int

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"name of a rate limit: {self.name!r}")
        if self.limit < 1 or self.burst < 1 or self.period <= 0:
            raise ValueError(f"rate limit {self.name} allows nothing")

    @property
    def interval(self) -> int:
        """Microseconds in which one hit is paid for."""
        return math.ceil(self.period * SECOND / self.limit)

    @property
    def tolerance(self) -> int:
        """The longest backlog in microseconds."""
        return self.interval * self.burst

    def most_within(self, seconds: float) -> int:
        """The most hits that any window of this length can see."""
        return self.burst + int(seconds * SECOND) // self.interval

    def shared_by(self, processes: int) -> "RateLimit":
        """The part of one process when this many share the limit without talking."""
        return replace(self, period=self.period * processes, burst=max(1, self.burst // processes))

    def digest(self, key: str) -> bytes:
        """A short name for a key: bounds what a key costs, and keeps addresses out of Redis."""
        named = f"{self.name}\0{key}".encode("utf-8", "surrogatepass")
        return hashlib.blake2b(named, digest_size=16).digest()


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a hit is allowed, and what is left; times in seconds from now."""

    allowed: bool
    remaining: int
    retry_after: float
    reset_after: float


class RateLimiter(Protocol):
    """Counts hits."""

    async def hit(self, limit: RateLimit, key: str) -> Verdict:
        """Count one hit on the key, unless the limit refuses it."""
        ...


def judge(limit: RateLimit, backlog: int) -> Verdict:
    """Judge a hit that finds this backlog; an allowed one adds `limit.interval` to it."""
    room = limit.tolerance - backlog - limit.interval
    if room < 0:
        return Verdict(False, 0, -room / SECOND, backlog / SECOND)
    return Verdict(True, room // limit.interval, 0.0, (backlog + limit.interval) / SECOND)

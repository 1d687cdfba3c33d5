"""The rate limiter of a single process."""

import time
from collections.abc import Callable

from cms_core.ratelimit.limits import SECOND, RateLimit, Verdict, judge


class MemoryLimiter:
    """Counts in a table of at most `capacity` keys; `clock` returns seconds, never going back."""

    def __init__(
        self, *, capacity: int = 10_000, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._capacity = capacity
        self._clock = clock
        self._paid_at: dict[bytes, int] = {}

    def __len__(self) -> int:
        return len(self._paid_at)

    async def hit(self, limit: RateLimit, key: str) -> Verdict:
        """Count one hit on the key, unless the limit refuses it."""
        now = int(self._clock() * SECOND)
        digest = limit.digest(key)
        backlog = max(self._paid_at.get(digest, now) - now, 0)
        verdict = judge(limit, backlog)
        if verdict.allowed:
            if digest not in self._paid_at and len(self._paid_at) >= self._capacity:
                self._make_room(now)
            self._paid_at[digest] = now + backlog + limit.interval
        return verdict

    def _make_room(self, now: int) -> None:
        """Forget keys until half the table is free, those with the longest backlog last.

        Whoever floods the table with fresh keys pushes out other fresh keys: a key that is
        under attack has the longer backlog and is kept.
        """
        pending = sorted(
            ((paid_at, digest) for digest, paid_at in self._paid_at.items() if paid_at > now),
            reverse=True,
        )
        self._paid_at = {digest: paid_at for paid_at, digest in pending[: self._capacity // 2]}

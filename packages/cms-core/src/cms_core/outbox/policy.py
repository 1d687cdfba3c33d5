"""How hard deliveries are tried."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Policy:
    """Times, attempts and room of deliveries; the defaults give up after about 18 hours."""

    #: Seconds that a handler may take.
    timeout: float = 30.0
    #: What the death of a worker delays its deliveries by. It is renewed while handlers run, and
    #: they are stopped when it can't be, so that none runs twice at once.
    lease: timedelta = timedelta(seconds=10)
    #: Failures until a row is parked.
    attempts: int = 30
    #: The pause after the first failure; doubled by each further one, up to `longest_pause`.
    first_pause: timedelta = timedelta(seconds=1)
    longest_pause: timedelta = timedelta(hours=1)
    #: Deliveries of one subscriber that may run at once.
    at_once: int = 8
    #: Seconds that running deliveries get to finish when the worker is asked to stop.
    grace: float = 4.0

    def pause(self, attempts: int) -> timedelta | None:
        """How long to wait after so many attempts; None: no more, the row is parked.

        Jittered: what failed together must not come back together.
        """
        if attempts >= self.attempts:
            return None
        longest = min(self.first_pause * 2.0 ** (attempts - 1), self.longest_pause)
        return longest * random.uniform(0.5, 1.0)

"""A circuit breaker: stop asking a service that does not answer, and try again after a pause."""

import time
from collections.abc import Callable


class CircuitBreaker:
    """Opens after `failures` in a row; then lets one call through per `pause` seconds.

    `clock` returns seconds and never goes back. There is no half-open state to leak: the call
    that probes an open circuit merely moves the next probe on, so it may be cancelled at will.
    """

    def __init__(
        self,
        *,
        failures: int = 3,
        pause: float = 1.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limit = failures
        self._pause = pause
        self._clock = clock
        self._failures = 0
        self._counted_at = float("-inf")
        self._probe_at = float("-inf")

    @property
    def closed(self) -> bool:
        """Whether the service is believed to work."""
        return self._failures < self._limit

    def admit(self) -> bool:
        """Tell whether the caller may ask the service now."""
        if self.closed:
            return True
        now = self._clock()
        if now < self._probe_at:
            return False
        self._probe_at = now + self._pause
        return True

    def succeed(self) -> None:
        """Report an answer: the circuit closes."""
        self._failures = 0

    def fail(self, started: float) -> None:
        """Report that the call begun at `started` (by the same clock) got no answer.

        Calls that were under way together count once. A pause of this process makes all of them
        late at the same instant, and that says nothing about the service.
        """
        if started < self._counted_at:
            return
        self._counted_at = self._clock()
        self._failures += 1
        if not self.closed:
            self._probe_at = self._counted_at + self._pause

"""Until when a request must be answered; moved on by transfers that keep up a minimum rate."""

from __future__ import annotations

import asyncio
from types import TracebackType

from cms_core.errors import Unavailable

#: Bytes per second that a streamed body, in or out, must make on average.
MIN_RATE = 16 * 1024


class TimedOut(Unavailable):
    """The answer took too long and was given up."""


class Deadline:
    """Cancels what runs inside it when its time is over; then `passed` is true.

    `seconds` is what everything but transfers may take.
    """

    def __init__(self, seconds: float) -> None:
        self._timeout = asyncio.timeout(seconds)

    @property
    def passed(self) -> bool:
        """Whether the time was over (and not something inside timed out by itself)."""
        return self._timeout.expired()

    def extend(self, transferred: int) -> None:
        """Grant the time that so many more bytes may take."""
        when = self._timeout.when()
        if when is not None and not self._timeout.expired():
            self._timeout.reschedule(when + transferred / MIN_RATE)

    def end_now(self) -> None:
        """Give up what runs inside."""
        if not self._timeout.expired():
            self._timeout.reschedule(asyncio.get_running_loop().time())

    async def __aenter__(self) -> Deadline:
        await self._timeout.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._timeout.__aexit__(kind, error, traceback)

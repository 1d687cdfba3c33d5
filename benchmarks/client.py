"""A small HTTP client for many kept connections; it understands what our servers say, no more."""

from __future__ import annotations

import asyncio
import re
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from benchmarks.failures import Failed

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_EMPTY = frozenset({204, 304})
#: Seconds that the last answers may take.
_PATIENCE = 20.0


class Broken(Failed):
    """The server closed a connection, was too slow, or said something else than HTTP."""


@dataclass(slots=True)
class Tally:
    """What came back: how often which status, how long each took (seconds), the first error."""

    statuses: Counter[int] = field(default_factory=Counter)
    latencies: list[float] = field(default_factory=list)
    seconds: float = 0.0
    refusal: str = ""

    @property
    def errors(self) -> int:
        """How many answers were refusals or failures."""
        return sum(count for status, count in self.statuses.items() if status >= 400)


async def send(
    address: tuple[str, int],
    requests: Iterator[bytes],
    *,
    connections: int = 1,
    seconds: float | None = None,
) -> Tally:
    """Send requests, one at a time on each connection, until they or the seconds are over.

    Raises `Broken`.
    """
    tally = Tally()
    loop = asyncio.get_running_loop()
    begin = time.perf_counter()
    until = begin + seconds if seconds is not None else float("inf")
    made = [
        await loop.create_connection(lambda: _Connection(requests, until, tally), *address)
        for _ in range(connections)
    ]
    try:
        async with asyncio.timeout(None if seconds is None else seconds + _PATIENCE):
            await asyncio.gather(*(connection.over for _, connection in made))
    except TimeoutError:
        raise Broken("answers did not come") from None
    finally:
        for transport, _ in made:
            transport.close()
    tally.seconds = time.perf_counter() - begin
    return tally


class _Connection(asyncio.Protocol):
    def __init__(self, requests: Iterator[bytes], until: float, tally: Tally) -> None:
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._requests, self._until, self._tally = requests, until, tally
        self._received = b""
        self._sent = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._next()

    def data_received(self, data: bytes) -> None:
        self._received += data
        try:
            size = _size(self._received)
        except Broken as error:
            self._end(error)
            return
        if size is not None and len(self._received) >= size:
            self._count()
            self._next()

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(Broken(f"closed after {self._received[:200]!r}"))

    def _end(self, error: Broken) -> None:
        if not self.over.done():
            self.over.set_exception(error)

    def _count(self) -> None:
        self._tally.latencies.append(time.perf_counter() - self._sent)
        status = int(self._received[9:12])
        self._tally.statuses[status] += 1
        if status >= 400 and not self._tally.refusal:
            self._tally.refusal = self._received.partition(b"\r\n\r\n")[2].decode(errors="replace")
        self._received = b""

    def _next(self) -> None:
        self._sent = time.perf_counter()
        request = next(self._requests, None) if self._sent < self._until else None
        if request is not None:
            self._transport.write(request)
        elif not self.over.done():
            self.over.set_result(None)


def _size(received: bytes) -> int | None:
    """The size of an answer with its head, None while the head is not complete."""
    head = received.find(b"\r\n\r\n")
    if head < 0:
        return None
    if int(received[9:12]) in _EMPTY:
        return head + 4
    length = _LENGTH.search(received, 0, head)
    if length is None:
        raise Broken(f"an answer without length: {received[:200]!r}")
    return head + 4 + int(length[1])

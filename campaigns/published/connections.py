"""A cheap client: one kept connection, one request at a time, no header looked at in vain."""

from __future__ import annotations

import asyncio
import re
from typing import NamedTuple, cast

from campaigns.published.apis import Address

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)")
#: Seconds after which an answer does not count any more.
HANGS_AFTER = 30.0
#: Seconds after which a server may have given up a connection that it thinks nobody uses: so long
#: we wait nowhere, but a busy machine can stand still.
IDLE = 4.0


class NoAnswer(Exception):
    """The connection ended before the answer was complete, or nothing came."""


class Answer(NamedTuple):
    status: int
    #: The head as it came, and the body.
    head: bytes
    body: bytes

    @property
    def is_hit(self) -> bool:
        """Whether it was kept already."""
        return b"\r\ncache-status: cms; hit\r\n" in self.head


class Connection(asyncio.Protocol):
    """A connection to one process."""

    def __init__(self) -> None:
        self._received = b""
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[Answer] | None = None

    async def get(self, target: str) -> Answer:
        """Ask for a target and return the answer. Raises `NoAnswer`."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Answer] = loop.create_future()
        self._answer = answer
        if self._transport is None or self._transport.is_closing():
            raise NoAnswer("the connection was closed")
        self._transport.write(f"GET {target} HTTP/1.1\r\nHost: test\r\n\r\n".encode())
        late = loop.call_later(HANGS_AFTER, self._fail, "nothing came")
        try:
            return await answer
        finally:
            late.cancel()

    def close(self) -> None:
        """Close it."""
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is none by its class

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, end, body = self._received.partition(b"\r\n\r\n")
        if not end:
            return
        length = _LENGTH.search(head)
        if length is None:
            self._fail(f"an answer without length: {head[:200]!r}")
        elif len(body) >= int(length[1]) and self._answer is not None:
            self._received = b""
            if not self._answer.done():
                self._answer.set_result(Answer(int(head[9:12]), head + b"\r\n", body))

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail("the connection was lost")

    def _fail(self, why: str) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(NoAnswer(why))


class Client:
    """Asks one process, on a connection that is opened when it is needed."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._connection: Connection | None = None
        self._used_at = 0.0

    async def get(self, target: str) -> Answer:
        """Ask for a target and return the answer. Raises `NoAnswer`."""
        loop = asyncio.get_running_loop()
        if self._connection is None:
            self._used_at = loop.time()
        try:
            answer = await self._get(target)
        except NoAnswer:
            if loop.time() - self._used_at < IDLE:
                raise
            answer = await self._get(target)
        self._used_at = loop.time()
        return answer

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    async def _get(self, target: str) -> Answer:
        if self._connection is None:
            loop = asyncio.get_running_loop()
            _, self._connection = await loop.create_connection(Connection, *self._address)
        try:
            return await self._connection.get(target)
        except NoAnswer:
            self.close()
            raise

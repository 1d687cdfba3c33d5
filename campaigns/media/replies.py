"""What a client gets that looks closely: also the half of an answer, and nothing at all."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from campaigns.wire import Address, Request

#: Seconds after which nothing will come any more.
HANGS_AFTER = 120.0
_PIECE = 256 * 1024


@dataclass(frozen=True, slots=True)
class Reply:
    """What came before the connection was closed; status 0: not even a head."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    hung: bool = False

    @property
    def announced(self) -> int:
        """Bytes that the body was to have."""
        return int(self.headers.get("content-length", "0"))

    def json(self) -> Any:
        """The body, as JSON."""
        return json.loads(self.body)

    def refuses(self, status: int) -> bool:
        """Whether it is a whole problem of this status that says when to come back."""
        is_problem = self.headers.get("content-type") == "application/problem+json"
        if self.status != status or not is_problem or len(self.body) != self.announced:
            return False
        return self.json()["status"] == status and (status != 503 or "retry-after" in self.headers)

    def __str__(self) -> str:
        size = f"{len(self.body)} of {self.announced} bytes"
        told = self.body[:200] if "json" in self.headers.get("content-type", "") else b""
        return f"{'hung, ' if self.hung else ''}{self.status}, {size} {told!r}"


async def ask(address: Address, request: Request) -> Reply:
    """Ask on a connection of its own, and take what comes until it is closed."""
    closing = Request(
        request.target, (*request.headers, ("Connection", "close")), request.method, request.body
    )
    received = bytearray()
    try:
        async with asyncio.timeout(HANGS_AFTER):
            await _receive(address, closing, received)
    except TimeoutError:
        return parsed(bytes(received), hung=True)
    return parsed(bytes(received))


async def _receive(address: Address, request: Request, received: bytearray) -> None:
    reader, writer = await asyncio.open_connection(*address)
    try:
        writer.write(request.render())
        with suppress(ConnectionError):
            while piece := await reader.read(_PIECE):
                received += piece
    finally:
        writer.close()


def parsed(received: bytes, *, hung: bool = False) -> Reply:
    """Tell head and body of what came."""
    head, end, body = received.partition(b"\r\n\r\n")
    if not end:
        return Reply(0, {}, received, hung)
    first, *lines = head.decode("latin-1").split("\r\n")
    split = (line.partition(":") for line in lines)
    headers = {name.lower(): value.strip() for name, _, value in split}
    return Reply(int(first.split(" ", 2)[1]), headers, body, hung)

"""Clients without rights, who send as much as they can, and a count of what is read of it."""

from __future__ import annotations

import asyncio
import socket
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, NamedTuple
from unittest.mock import patch
from uuid import uuid4

from campaigns.media.contents import MEDIA
from campaigns.processes import FORK
from campaigns.wire import Address, Headers
from cms_core import CMS
from cms_core.front.protocol import Protocol

#: What the body is said to have.
ANNOUNCED = 1_000_000_000
#: Seconds for which somebody sends, if he is not stopped before.
LONGEST = 3.0
_FORM = "multipart/form-data; boundary=x"
_BEGIN = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n'
_PIECE = b"Words that nobody wants to have. " * 2000


class Received:
    """Bytes that a server has read, by the port of the client; counted in its process."""

    def __init__(self) -> None:
        self._before = FORK.RawArray("q", 2**16)
        self._after = FORK.RawArray("q", 2**16)

    def count(self, cms: CMS) -> None:
        """Count in this process from now on."""
        receive = Protocol.data_received

        def count(protocol: Any, data: bytes) -> None:
            cycle = protocol.cycle
            refused = cycle is not None and cycle.response_started
            (self._after if refused else self._before)[protocol.client[1]] += len(data)
            receive(protocol, data)

        patch.object(Protocol, "data_received", count).start()

    def take(self, port: int) -> tuple[int, int]:
        """What was read before and after the answer began; the port may be another one's next."""
        taken = self._before[port], self._after[port]
        self._before[port] = self._after[port] = 0
        return taken


class Intrusion(NamedTuple):
    """What came of it: the status that was due and the one that came, and the client's port."""

    expected: int
    status: int
    port: int
    #: Whether the client asked for the connection to be kept.
    keeps: bool


class Intruder:
    """Sends huge bodies in all ways in turn; `kinds` are headers and how they must be refused."""

    def __init__(self, address: Address, kinds: Sequence[tuple[int, Headers]]) -> None:
        self._address = address
        self._kinds = kinds
        self._begun = 0
        self.left: Counter[str] = Counter()

    async def intrude(self) -> Intrusion:
        """Send a body, and half of the time go on when it was refused."""
        number, self._begun = self._begun, self._begun + 1
        expected, headers = self._kinds[number % len(self._kinds)]
        stubborn, keeps, form = (bool(number >> bit & 1) for bit in range(3))
        with socket.socket() as opened:
            opened.setblocking(False)
            await asyncio.get_running_loop().sock_connect(opened, self._address)
            port: int = opened.getsockname()[1]
            head = _head(headers, "keep-alive" if keeps else "close", form=form)
            sending = asyncio.create_task(self._send(opened, head))
            status = await _status(opened)
            if stubborn:
                await asyncio.wait({sending}, timeout=LONGEST)
            sending.cancel()
            with suppress(asyncio.CancelledError):
                await sending
        self.left["stubborn" if stubborn else "honest"] += 1
        return Intrusion(expected, status, port, keeps)

    async def _send(self, opened: socket.socket, head: bytes) -> None:
        """Send as fast as it is taken, until nothing is taken any more."""
        loop, left = asyncio.get_running_loop(), ANNOUNCED
        with suppress(OSError):
            await loop.sock_sendall(opened, head)
            while left > 0:
                await loop.sock_sendall(opened, _PIECE[:left])
                left -= len(_PIECE)


def _head(headers: Headers, connection: str, *, form: bool) -> bytes:
    lines = [f"POST {MEDIA}" if form else f"PUT {MEDIA}/{uuid4()}/words.txt"]
    lines = [f"{lines[0]} HTTP/1.1", "Host: test", f"Connection: {connection}"]
    lines += [f"{name}: {value}" for name, value in headers]
    lines += [f"Content-Type: {_FORM if form else 'text/plain'}"]
    lines += [f"Content-Length: {ANNOUNCED}", "", ""]
    return "\r\n".join(lines).encode() + (_BEGIN if form else b"")


async def _status(opened: socket.socket) -> int:
    """The status of the answer; 0 without one."""
    answer = b""
    with suppress(OSError, TimeoutError):
        async with asyncio.timeout(30):
            while b"\r\n\r\n" not in answer:
                if not (piece := await asyncio.get_running_loop().sock_recv(opened, 4096)):
                    return 0
                answer += piece
    return int(answer[9:12] or 0)

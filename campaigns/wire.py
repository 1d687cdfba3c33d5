"""A client that sends requests as they are written and sees every byte of the answers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any

Address = tuple[str, int]
Headers = tuple[tuple[str, str], ...]

#: Seconds after which an answer will not come any more.
HANGS_AFTER = 60.0
#: Seconds after which an idle connection is not trusted any more: the server closes it after five.
_IDLE = 3.0
#: What reading something else than an answer, or the half of one, ends with.
_NO_ANSWER = (
    OSError,
    TimeoutError,
    asyncio.IncompleteReadError,
    asyncio.LimitOverrunError,
    ValueError,
    LookupError,
)
_WITHOUT_BODY = frozenset({204, 304})


class NoAnswer(Exception):
    """The connection ended before the answer did, or what came is none."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request; its target goes over the wire as it is."""

    target: str
    headers: Headers = ()
    method: str = "GET"
    body: bytes = b""

    def render(self) -> bytes:
        """The request as it goes over the wire."""
        lines = [f"{self.method} {self.target} HTTP/1.1", "Host: test"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        if self.body:
            lines.append(f"Content-Length: {len(self.body)}")
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + self.body


def json_request(method: str, target: str, headers: Headers, content: Any) -> Request:
    """A request with a JSON body; None for no body."""
    if content is None:
        return Request(target, headers, method)
    typed = (*headers, ("Content-Type", "application/json"))
    return Request(target, typed, method, json.dumps(content).encode())


@dataclass(frozen=True, slots=True)
class Answer:
    """What came; the names of headers are in lower case."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str:
        """The first value of a header, empty where there is none."""
        return next((value for each, value in self.headers if each == name), "")

    def json(self) -> Any:
        """The body, as JSON."""
        return json.loads(self.body)

    @property
    def is_hit(self) -> bool:
        """Whether it came from the cache."""
        return "hit" in self.header("cache-status")


class Wire:
    """One connection, opened when it is needed and kept from request to request."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._used_at = 0.0

    async def ask(self, request: Request) -> Answer:
        """Send a request and return its answer. Raises `NoAnswer`.

        It is sent again where the server has closed an idle connection in the meantime.
        """
        used = self._streams is not None
        try:
            return (await self.ask_all([request]))[0]
        except NoAnswer as failure:
            cause = failure.__cause__
            silent = isinstance(cause, asyncio.IncompleteReadError) and not cause.partial
            if not used or not (silent or isinstance(cause, ConnectionError)):
                raise
        return (await self.ask_all([request]))[0]

    async def ask_all(self, requests: Sequence[Request]) -> list[Answer]:
        """Send several requests in a row and return their answers. Raises `NoAnswer`."""
        try:
            async with asyncio.timeout(HANGS_AFTER):
                return await self._ask(requests)
        except _NO_ANSWER as error:
            self.close()
            asked = ", ".join(f"{request.method} {request.target}" for request in requests)
            raise NoAnswer(f"{asked}: {error!r}") from error

    def close(self) -> None:
        """Close the connection."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None

    async def _ask(self, requests: Sequence[Request]) -> list[Answer]:
        if self._streams is not None and monotonic() - self._used_at > _IDLE:
            self.close()
        if self._streams is None:
            self._streams = await asyncio.open_connection(*self._address)
        reader, writer = self._streams
        writer.write(b"".join(request.render() for request in requests))
        answers = [await read_answer(reader, head_only=each.method == "HEAD") for each in requests]
        self._used_at = monotonic()
        if answers[-1].header("connection") == "close":
            self.close()
        return answers


async def read_answer(reader: asyncio.StreamReader, *, head_only: bool = False) -> Answer:
    """Read one answer, and not a byte more."""
    first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")[:-2]
    status = int(first.split(" ", 2)[1])
    headers = tuple(_header(line) for line in lines)
    named = dict(headers)
    if head_only or status in _WITHOUT_BODY:
        body = b""
    elif named.get("transfer-encoding") == "chunked":
        body = await _read_chunks(reader)
    else:
        body = await reader.readexactly(int(named["content-length"]))
    return Answer(status, headers, body)


def _header(line: str) -> tuple[str, str]:
    name, _, value = line.partition(":")
    return name.lower(), value.strip()


async def _read_chunks(reader: asyncio.StreamReader) -> bytes:
    chunks = []
    while size := int(await reader.readuntil(b"\r\n"), 16):
        chunks.append(await reader.readexactly(size))
        await reader.readexactly(2)
    await reader.readexactly(2)
    return b"".join(chunks)


def close_all(wires: Iterable[Wire]) -> None:
    """Close several connections."""
    for wire in wires:
        wire.close()

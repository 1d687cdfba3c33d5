"""Stands between storages and their S3 server, and lets requests go wrong."""

from __future__ import annotations

import asyncio
import random
import socket
import struct
from asyncio import StreamReader, StreamWriter
from types import TracebackType
from typing import NamedTuple, Self

import uvloop

from campaigns.media.weather import Fault, Weather
from campaigns.processes import FORK
from campaigns.wire import Address, Answer, read_answer
from cms_core.serving import bind

#: Seconds that a slow answer is late, at most.
LATE = 0.5
_RESET = struct.pack("ii", 1, 0)
_ERROR = "<?xml version='1.0'?><Error><Code>{}</Code><Message>Try again.</Message></Error>"
_CODES = {Fault.ERROR: (500, "InternalError"), Fault.SLOW_DOWN: (503, "SlowDown")}


class _Reset(Exception):
    """The connection is to be reset."""


class _Head(NamedTuple):
    raw: bytes
    method: str
    target: str
    length: int


class FaultProxy:
    """A process of its own from entering to leaving; passes everything on until `begin`.

    `stall` are the seconds after which a storage has given a request up.
    """

    def __init__(self, behind: Address, chance: random.Random, stall: float) -> None:
        self._behind = behind
        self._chance = chance
        self._weather = Weather(chance)
        self._stall = stall
        self._listener = bind("127.0.0.1", 0)
        self._faulty = FORK.RawValue("b", 0)
        self._busy = FORK.RawValue("q", 0)
        self._counts = FORK.RawArray("q", len(Fault))
        self._process = FORK.Process(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._process.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.join()
        self._listener.close()

    @property
    def address(self) -> Address:
        """Where it answers."""
        host, port = self._listener.getsockname()
        return host, port

    @property
    def done(self) -> dict[str, int]:
        """How many requests went wrong, by fault."""
        return {fault.name.lower(): self._counts[fault] for fault in Fault}

    def begin(self) -> None:
        """Let requests go wrong from now on."""
        self._faulty.value = 1

    async def end(self) -> None:
        """Let no more go wrong; return when those are through that nobody waits for any more."""
        self._faulty.value = 0
        while self._busy.value:  # noqa: ASYNC110 - another process counts
            await asyncio.sleep(0.05)

    def _run(self) -> None:
        uvloop.run(self._serve())

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._connected, sock=self._listener, limit=2**20)
        await server.serve_forever()

    async def _connected(self, reader: StreamReader, writer: StreamWriter) -> None:
        try:
            while await self._exchange(reader, writer):
                pass
        except _Reset:
            opened: socket.socket = writer.get_extra_info("socket")
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            writer.transport.abort()
        except (OSError, asyncio.IncompleteReadError):
            pass  # the storage has left
        finally:
            writer.close()

    async def _exchange(self, reader: StreamReader, writer: StreamWriter) -> bool:
        """Pass one request on, and its answer back; return whether another may follow."""
        head = await _read_head(reader)
        self._busy.value += 1
        try:
            return await self._answer(head, reader, writer)
        finally:
            self._busy.value -= 1

    async def _answer(self, head: _Head, reader: StreamReader, writer: StreamWriter) -> bool:
        fault = self._weather.fault(head.method, head.target) if self._faulty.value else None
        if fault is not None:
            self._counts[fault] += 1
        if fault is Fault.RESET_REQUEST:
            await reader.readexactly(head.length // 2)
            raise _Reset
        body = await reader.readexactly(head.length)
        if fault in _CODES:
            answer = _error(*_CODES[fault])
        else:
            await self._delay(fault)
            answer = await self._obeyed(head, body)
        writer.write(spoilt(answer, fault))
        await writer.drain()
        if fault in (Fault.RESET_ANSWER, Fault.LOST_ANSWER):
            raise _Reset
        return fault is not Fault.CUT

    async def _delay(self, fault: Fault | None) -> None:
        if fault is Fault.SLOW:
            await asyncio.sleep(self._chance.uniform(0, LATE))
        if fault is Fault.STALLED:
            await asyncio.sleep(self._stall)

    async def _obeyed(self, head: _Head, body: bytes) -> Answer:
        reader, writer = await asyncio.open_connection(*self._behind, limit=2**20)
        try:
            writer.write(head.raw + body)
            return await read_answer(reader, head_only=head.method == "HEAD")
        finally:
            writer.close()


async def _read_head(reader: StreamReader) -> _Head:
    raw = await reader.readuntil(b"\r\n\r\n")
    first, *lines = raw.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ", 2)
    named = {name.lower(): value for name, _, value in (line.partition(":") for line in lines)}
    return _Head(raw, method, target, int(named.get("content-length", "0")))


def _error(status: int, code: str) -> Answer:
    body = _ERROR.format(code).encode()
    return Answer(status, (("content-length", str(len(body))),), body)


def spoilt(answer: Answer, fault: Fault | None) -> bytes:
    """What is sent of an answer that is hit by a fault."""
    half = answer.body[: len(answer.body) // 2]
    match fault:
        case Fault.LOST_ANSWER:
            return b""
        case Fault.CUT:
            return _rendered(answer, half)
        case Fault.SHORT:
            return _rendered(answer, half, len(half))
        case Fault.LATE_ERROR:
            failed = _error(200, "InternalError")
            return _rendered(failed, failed.body)
    whole = _rendered(answer, answer.body)
    return whole[: len(whole) // 2] if fault is Fault.RESET_ANSWER else whole


def _rendered(answer: Answer, body: bytes, length: int | None = None) -> bytes:
    headers = dict(answer.headers)
    headers.pop("connection", None)
    if headers.pop("transfer-encoding", None):
        headers["content-length"] = str(len(answer.body))
    if length is not None:
        headers["content-length"] = str(length)
    lines = [f"HTTP/1.1 {answer.status} As told", *(f"{k}: {v}" for k, v in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body

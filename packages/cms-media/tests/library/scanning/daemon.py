"""A clamd for tests: a real server that speaks its protocol, strictly."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

#: The string that every virus scanner is tested with; in two parts, or it would find this file.
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
SIGNATURE = "Eicar-Test-Signature"

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Daemon:
    """Scans what it is sent for `EICAR`, or behaves as a test says."""

    def __init__(self) -> None:
        #: Bytes of the longest stream that it takes.
        self.limit = 1024 * 1024
        #: Whole streams as they came, each a list of its chunks.
        self.scanned: list[list[bytes]] = []
        #: Connections whose other end hung up in the middle.
        self.left = 0
        self.talk: Talk = self.obey
        self._talks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def listen(self, socket: Path | None = None, port: int = 0) -> str:
        """Begin to serve; return the address."""
        if socket:
            self._server = await asyncio.start_unix_server(self._serve, socket)
            return f"unix://{socket}"
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", port)
        return f"tcp://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def stop(self) -> None:
        """End every connection, and take no more."""
        if self._server:
            self._server.close()
        for talk in self._talks:
            talk.cancel()
        await asyncio.gather(*self._talks, return_exceptions=True)

    def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talk = asyncio.create_task(self._talk(reader, writer))
        self._talks.add(talk)
        talk.add_done_callback(self._talks.discard)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self.talk(reader, writer)
            await writer.drain()
        except (EOFError, ConnectionError):
            self.left += 1
        finally:
            writer.close()

    async def obey(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Do one command, as clamd does."""
        command = await reader.readuntil(b"\0")
        if command == b"zINSTREAM\0":
            writer.write(await self._scan(reader) + b"\0")
        else:
            writer.write(b"PONG\0" if command == b"zPING\0" else b"UNKNOWN COMMAND\0")

    async def _scan(self, reader: asyncio.StreamReader) -> bytes:
        chunks: list[bytes] = []
        while length := int.from_bytes(await reader.readexactly(4), "big"):
            if sum(map(len, chunks)) + length > self.limit:
                return b"INSTREAM size limit exceeded. ERROR"
            chunks.append(await reader.readexactly(length))
        self.scanned.append(chunks)
        is_found = EICAR in b"".join(chunks)
        return f"stream: {SIGNATURE} FOUND".encode() if is_found else b"stream: OK"


def saying(answer: bytes) -> Talk:
    """Answers so, whatever the file is."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\0")
        while length := int.from_bytes(await reader.readexactly(4), "big"):
            await reader.readexactly(length)
        writer.write(answer)

    return talk


def saying_early(answer: bytes) -> Talk:
    """Answers so as soon as it is asked, and hangs up."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\0")
        writer.write(answer)

    return talk


def hanging_up(after: int) -> Talk:
    """Hangs up when it has so many bytes."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(after)
        writer.transport.abort()

    return talk


async def reading_only(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    """Takes everything and never answers."""
    while await reader.read(65536):
        pass
    raise EOFError


async def doing_nothing(_: asyncio.StreamReader, __: asyncio.StreamWriter) -> None:
    """Takes nothing, and never answers."""
    await asyncio.Event().wait()

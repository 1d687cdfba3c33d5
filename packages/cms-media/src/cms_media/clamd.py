"""The virus scanner clamd, of ClamAV: files go to it over a socket, and verdicts come back."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager

from cms_media.errors import ScannerUnavailable, TooLargeToScan

#: A path, or what `getaddrinfo` finds.
_Address = str | tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]

_URL = re.compile(
    r"tcp://(?:\[(?P<ipv6>[0-9A-Fa-f:.]+)\]|(?P<host>[\w-]+(?:\.[\w-]+)*)):(?P<port>[0-9]{1,5})"
    r"|unix://(?P<path>/.+)"
)
_FOUND = re.compile(r"stream: (.+) FOUND")
#: Bytes that are sent as one chunk.
_CHUNK = 64 * 1024
#: Bytes that no answer is longer than.
_LONGEST = 4096
#: Seconds that clamd may take to let us in.
_CONNECTING = 5.0
#: Seconds that it may take for a chunk, and after the last one for its verdict.
_PATIENCE = 120.0


class _UnexpectedAnswer(Exception):
    """What clamd said, which is no verdict."""


class Clamd:
    """The clamd at an address such as ``tcp://127.0.0.1:3310`` or ``unix:///run/clamd.ctl``.

    Raises `ValueError` for what is no address.
    """

    def __init__(self, url: str) -> None:
        found = _URL.fullmatch(url)
        if found is None or int(found["port"] or 1) not in range(1, 65536):
            raise ValueError("must be tcp://HOST:PORT or unix:///PATH")
        self._path = found["path"]
        self._host, self._port = found["ipv6"] or found["host"], found["port"]

    async def scan(self, chunks: AsyncIterator[bytes]) -> str | None:
        """Return the name of the signature that a file matches; None for a clean one.

        Raises `TooLargeToScan`, and `ScannerUnavailable` where there is no verdict on all of it.
        """
        async with self._connection() as connection:
            is_whole = await _send(connection, chunks)
            said = await connection.receive()
            if said == "stream: OK" and is_whole:
                return None
            if found := _FOUND.fullmatch(said):
                return found[1]
            if said == "INSTREAM size limit exceeded. ERROR":
                raise TooLargeToScan
            raise _UnexpectedAnswer(said)

    async def ping(self) -> None:
        """Raise `ScannerUnavailable` unless clamd answers."""
        async with self._connection() as connection:
            await connection.send(b"zPING\0")
            if (said := await connection.receive()) != "PONG":
                raise _UnexpectedAnswer(said)

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[_Connection]:
        try:
            async with asyncio.timeout(_CONNECTING):
                opened = await self._connect()
            with opened:
                yield _Connection(opened)
        except (OSError, EOFError, _UnexpectedAnswer) as error:
            raise ScannerUnavailable from error

    async def _connect(self) -> socket.socket:
        if self._path:
            return await _opened(socket.AF_UNIX, self._path)
        loop, failure = asyncio.get_running_loop(), OSError("no address")
        found = await loop.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM)
        for family, _, _, _, address in found:
            try:
                return await _opened(family, address)
            except OSError as error:
                failure = error
        raise failure


class _Connection:
    """A socket, and no stream of asyncio.

    A stream that can't write forgets what it has not read yet: clamd says why it hangs up, then
    does so while we are still sending.
    """

    def __init__(self, opened: socket.socket) -> None:
        self._socket = opened
        self._loop = asyncio.get_running_loop()

    async def send(self, content: bytes) -> None:
        async with asyncio.timeout(_PATIENCE):
            await self._loop.sock_sendall(self._socket, content)

    async def receive(self) -> str:
        """Return the answer. Raises `EOFError` where it has no end."""
        said = b""
        async with asyncio.timeout(_PATIENCE):
            while not said.endswith(b"\0"):
                part = await self._loop.sock_recv(self._socket, _LONGEST)
                if not part or len(said) > _LONGEST:
                    raise EOFError(said)
                said += part
        return said[:-1].decode(errors="replace")


async def _opened(family: int, address: _Address) -> socket.socket:
    with ExitStack() as stack:
        opened = stack.enter_context(socket.socket(family))
        opened.setblocking(False)
        await asyncio.get_running_loop().sock_connect(opened, address)
        stack.pop_all()
        return opened


async def _send(connection: _Connection, chunks: AsyncIterator[bytes]) -> bool:
    """Send a file as long as clamd takes it; return whether that was all of it."""
    try:
        await connection.send(b"zINSTREAM\0")
        async for chunk in chunks:
            for start in range(0, len(chunk), _CHUNK):
                part = chunk[start : start + _CHUNK]
                await connection.send(len(part).to_bytes(4, "big") + part)
        await connection.send(bytes(4))
    except ConnectionError:
        return False
    return True

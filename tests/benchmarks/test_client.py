"""The client counts what it is answered, on kept connections."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from benchmarks.client import Broken, send
from benchmarks.targets import Request

Serve = Callable[[bytes], Awaitable[tuple[str, int]]]
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
REFUSED = b"HTTP/1.1 503 Busy\r\ncontent-length: 4\r\n\r\nbusy"
UNCHANGED = b"HTTP/1.1 304 Not Modified\r\netag: x\r\n\r\n"


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """``await serve(answer)``: the address of a server that sends it for each request."""
    servers: list[asyncio.Server] = []

    async def serve(answer: bytes) -> tuple[str, int]:
        async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while await reader.readuntil(b"\r\n\r\n"):
                writer.write(answer[:10])
                await writer.drain()
                writer.write(answer[10:])

        async def quietly(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                await speak(reader, writer)
            except (asyncio.IncompleteReadError, ConnectionError):
                writer.close()

        server = await asyncio.start_server(quietly, "127.0.0.1", 0)
        servers.append(server)
        host, port = server.sockets[0].getsockname()
        return host, port

    yield serve
    for server in servers:
        server.close()


@pytest.mark.parametrize(
    ("answer", "status", "errors"), [(OK, 200, 0), (REFUSED, 503, 6), (UNCHANGED, 304, 0)]
)
async def test_answers_are_counted(serve: Serve, answer: bytes, status: int, errors: int) -> None:
    address = await serve(answer)

    tally = await send(address, iter([Request("/").raw()] * 6), connections=3)

    assert tally.statuses == {status: 6}
    assert tally.errors == errors
    assert len(tally.latencies) == 6


async def test_what_the_first_error_said_is_kept(serve: Serve) -> None:
    address = await serve(REFUSED)

    tally = await send(address, iter([Request("/").raw()]))

    assert tally.refusal == "busy"


async def test_an_answer_of_unknown_length_is_refused(serve: Serve) -> None:
    address = await serve(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n")

    with pytest.raises(Broken):
        await send(address, iter([Request("/").raw()]))


def test_a_request_is_written_as_http() -> None:
    request = Request("/a", "POST", {"Authorization": "Bearer t"}, b"{}")

    assert request.raw("cms") == (
        b"POST /a HTTP/1.1\r\nHost: cms\r\nAuthorization: Bearer t\r\n"
        b"Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
    )

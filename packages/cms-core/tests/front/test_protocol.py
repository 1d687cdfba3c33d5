"""What never reaches the application, over a real connection."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
import uvicorn

from cms_core.front.protocol import MAX_HEAD, Protocol

Talk = Callable[[bytes], Awaitable[tuple[int, dict[str, Any]]]]

HEAD = b"GET / HTTP/1.1\r\nHost: x\r\n"


async def hello(scope: Any, receive: Any, send: Any) -> None:
    while (await receive()).get("more_body") and scope["path"] == "/read":
        pass
    headers = [(b"content-length", b"2")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"{}"})


@pytest.fixture
def speaking() -> type[Protocol]:
    """The protocol of the server."""
    return Protocol


@pytest.fixture
async def address(speaking: type[Protocol]) -> AsyncIterator[tuple[str, int]]:
    """Where a server with our protocol answers."""
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(hello, http=speaking, lifespan="off", log_config=None)
    server = uvicorn.Server(config)
    config.load()
    server.lifespan = config.lifespan_class(config)
    await server.startup(sockets=[listener])
    yield listener.getsockname()
    await server.shutdown()


@pytest.fixture
def talk(address: tuple[str, int]) -> Talk:
    """``await talk(bytes)`` sends them; returns the status and the body of the answer."""

    async def talk(sent: bytes) -> tuple[int, dict[str, Any]]:
        reader, writer = await asyncio.open_connection(*address)
        writer.write(sent)
        answer = await asyncio.wait_for(reader.read(), 20)
        writer.close()
        head, _, body = answer.partition(b"\r\n\r\n")
        return int(head.split()[1]) if head else 0, json.loads(body or b"{}")

    return talk


async def test_a_request_is_answered(talk: Talk) -> None:
    status, _ = await talk(HEAD + b"Connection: close\r\n\r\n")
    assert status == 200


@pytest.mark.parametrize(
    "sent", [b"rubbish\r\n\r\n", b"GET / HTTP/1.1\r\n: x\r\n\r\n", b"\x16\x03\x01\x02\x00\x01"]
)
async def test_what_is_not_http_is_a_problem(talk: Talk, sent: bytes) -> None:
    status, problem = await talk(sent)
    assert (status, problem["code"]) == (400, "bad-request")


@pytest.mark.parametrize("line", [b"X: 1\r\n", b"X: " + b"a" * 100])
async def test_a_head_without_end_is_refused(talk: Talk, line: bytes) -> None:
    status, problem = await talk(HEAD + line * (MAX_HEAD // len(line) + 2))
    assert (status, problem["code"]) == (431, "headers-too-large")


async def test_a_large_body_is_not_taken_for_a_head(talk: Talk) -> None:
    length = f"Content-Length: {MAX_HEAD * 3}\r\nConnection: close\r\n\r\n".encode()
    status, _ = await talk(b"POST /read HTTP/1.1\r\nHost: x\r\n" + length + b"a" * MAX_HEAD * 3)
    assert status == 200


async def test_connections_are_used_again(address: tuple[str, int]) -> None:
    reader, writer = await asyncio.open_connection(*address)
    for _ in range(3):
        writer.write(HEAD + b"\r\n")
        assert (await reader.readuntil(b"{}")).startswith(b"HTTP/1.1 200")
    writer.close()


class Forgetful(Protocol):
    """It closes a connection half a second after the last answer."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.timeout_keep_alive = 0.5  # type: ignore[assignment]  # uvicorn takes whole seconds


class TestIdleConnections:
    @pytest.fixture
    def speaking(self) -> type[Protocol]:
        return Forgetful

    async def test_each_answer_keeps_a_connection_open_for_as_long(
        self, address: tuple[str, int]
    ) -> None:
        reader, writer = await asyncio.open_connection(*address)
        for _ in range(4):
            writer.write(HEAD + b"\r\n")
            assert (await reader.readuntil(b"{}")).startswith(b"HTTP/1.1 200")
            await asyncio.sleep(0.2)
        writer.close()

    async def test_a_connection_that_nobody_uses_is_closed(self, address: tuple[str, int]) -> None:
        reader, writer = await asyncio.open_connection(*address)
        for _ in range(2):
            writer.write(HEAD + b"\r\n")
            await reader.readuntil(b"{}")
        assert await asyncio.wait_for(reader.read(), 10) == b""
        writer.close()


class Impatient(Protocol):
    head_timeout = 0.3


class TestWhoTakesTime:
    @pytest.fixture
    def speaking(self) -> type[Protocol]:
        return Impatient

    async def test_a_head_that_does_not_come_is_given_up(self, talk: Talk) -> None:
        status, problem = await talk(HEAD)
        assert (status, problem["code"]) == (408, "request-timeout")

    async def test_a_connection_without_a_request_is_closed(self, talk: Talk) -> None:
        assert await talk(b"") == (0, {})

    async def test_a_body_may_take_longer_than_a_head(self, address: tuple[str, int]) -> None:
        reader, writer = await asyncio.open_connection(*address)
        writer.write(b"POST /read HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n")
        await asyncio.sleep(0.5)
        writer.write(b"ab")
        assert (await reader.readuntil(b"{}")).startswith(b"HTTP/1.1 200")
        writer.close()

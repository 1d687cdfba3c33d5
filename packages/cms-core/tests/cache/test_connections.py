"""Kept answers on real connections: the same as on the long way, without the application."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from httpx2 import ASGITransport, AsyncClient

from cms_core.api import create_api
from cms_core.serving import serve_api

if TYPE_CHECKING:
    from tests.cache.conftest import Shelf, Store

#: For what has nothing to do with the database.
on_one = pytest.mark.parametrize("cms_engine", ["sqlite"])
A = "/api/v1/things/a"
LONG = "word " * 1000
LONGER = "word " * 20_000
Ask = Callable[..., Awaitable["Answer"]]


class Counted:
    """An application that knows how many requests it was given."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self.requests = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.requests += scope["type"] == "http"
        await self._app(scope, receive, send)


@dataclass
class Answer:
    """An answer as it came over the wire."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str:
        return dict(self.headers).get(name, "")


class Connection:
    """A client's connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    def send(self, path: str = A, *lines: str, method: str = "GET", version: str = "1.1") -> None:
        head = (f"{method} {path} HTTP/{version}", "Host: x", *lines, "", "")
        self._writer.write("\r\n".join(head).encode("latin-1"))

    async def receive(self, *, head_only: bool = False) -> Answer:
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")[:-2]
        pairs = [line.split(": ", 1) for line in head[1:]]
        headers = sorted((name.lower(), value) for name, value in pairs)
        answer = Answer(int(head[0].split()[1]), headers, b"")
        length = 0 if head_only else int(answer.header("content-length") or 0)
        answer.body = await self._reader.readexactly(length)
        return answer

    async def is_over(self) -> bool:
        """Whether the server sends nothing more."""
        return await self._reader.read() == b""

    def close(self) -> None:
        self._writer.close()


@pytest.fixture
def app(store: Store) -> Counted:
    return Counted(create_api(store.cms))


@pytest.fixture
async def connect(store: Store, app: Counted) -> AsyncIterator[Callable[[], Any]]:
    """``await connect()``: a connection to a real server."""
    listener = socket.create_server(("127.0.0.1", 0))
    stop, ready = asyncio.Event(), asyncio.Event()
    serving = serve_api(app, store.cms.settings, listener, stop=stop, on_ready=ready.set)
    task = asyncio.create_task(serving)
    await ready.wait()
    await store.put("a", "hello")
    made: list[Connection] = []

    async def connect() -> Connection:
        made.append(Connection(*await asyncio.open_connection(*listener.getsockname())))
        return made[-1]

    yield connect
    for each in made:
        each.close()
    stop.set()
    await task


@pytest.fixture
async def wire(connect: Callable[[], Any]) -> Connection:
    connection: Connection = await connect()
    return connection


@pytest.fixture
def ask(wire: Connection) -> Ask:
    """``await ask(path, header lines, method="GET")`` on one and the same connection."""

    async def ask(path: str = A, *lines: str, method: str = "GET") -> Answer:
        wire.send(path, *lines, method=method)
        return await wire.receive(head_only=method == "HEAD")

    return ask


async def test_a_hit_does_not_reach_the_application(ask: Ask, app: Counted) -> None:
    await ask()
    answers = [await ask() for _ in range(3)]
    assert app.requests == 1
    assert {(each.status, each.body) for each in answers} == {(200, b"hello")}
    assert {each.header("cache-status") for each in answers} == {"cms; hit"}


async def test_a_change_is_seen_by_the_next_reader(store: Store, ask: Ask) -> None:
    for number in range(5):
        await store.put("a", f"text {number}")
        answers = [await ask() for _ in range(2)]
        assert [answer.body.decode() for answer in answers] == [f"text {number}"] * 2


async def test_what_is_due_is_seen_from_its_instant_on(store: Store, ask: Ask) -> None:
    due = await store.put("a", "for now", gone_in=0.4)
    began = ended = datetime.min.replace(tzinfo=UTC)
    while began < due:
        began = datetime.now(UTC)
        status = (await ask()).status
        ended = datetime.now(UTC)
        assert (began >= due or status == 200) or ended >= due
    assert status == 404


@on_one
@pytest.mark.parametrize(
    ("path", "method", "lines"),
    [
        (A, "GET", ()),
        (A, "HEAD", ()),
        (A, "GET", ("If-None-Match: *",)),
        (A, "HEAD", ("If-None-Match: *",)),
        (A, "GET", ('If-None-Match: W/"x", "y"', "Accept-Encoding: br")),
        ("/api/v1/things/long", "GET", ("Accept-Encoding: gzip",)),
        ("/api/v1/things/long", "HEAD", ("Accept-Encoding: br",)),
        ("/api/v1/things/long", "GET", ("Accept-Encoding: br", "If-None-Match: *")),
        ("/api/v1/things/long", "GET", ("Origin: https://example.org",)),
        ("/api/v1/things/gone", "GET", ()),
        ("/api/v1/things/gone", "GET", ("If-None-Match: *", "Accept-Encoding: gzip")),
        ("/api/v1/things/gone", "HEAD", ()),
        ("/api/v1/things/moved", "GET", ()),
        ("/api/v1/things/%C3%A4%20b", "GET", ()),
    ],
)
async def test_what_is_made_and_what_is_kept_is_what_the_application_would_have_sent(
    store: Store, ask: Ask, app: Counted, path: str, method: str, lines: tuple[str, ...]
) -> None:
    await store.put("long", LONG)
    await store.put("moved", "moved to /a")
    await store.put("ä b", "umlaut")
    lines = (*lines, "X-Request-Id: request-1")
    made = await ask(path, *lines, method=method)
    short = await ask(path, *lines, method=method)
    assert app.requests == 1

    headers = {name: value for name, _, value in (line.partition(": ") for line in lines)}
    transport = ASGITransport(create_api(store.cms))
    async with AsyncClient(transport=transport, base_url="http://x") as client:
        for name in ("accept-encoding", "user-agent", "accept"):
            del client.headers[name]
        request = client.build_request(method, f"http://x{path}", headers=headers)
        long = await client.send(request, stream=True)
        body = b"".join([chunk async for chunk in long.aiter_raw()])

    assert (short.status, short.body) == (made.status, made.body) == (long.status_code, body)
    assert _lasting(made) == _lasting(short)
    assert [each for each in short.headers if each[0] != "date"] == sorted(
        (name.lower(), value) for name, value in long.headers.multi_items()
    )


def _lasting(answer: Answer) -> list[tuple[str, str]]:
    """The headers that do not tell when it was sent, and where it came from."""
    return [each for each in answer.headers if each[0] not in ("age", "cache-status", "date")]


@on_one
async def test_each_reader_finds_the_own_id_in_a_problem(ask: Ask, app: Counted) -> None:
    for number in range(3):
        answer = await ask("/api/v1/things/gone", f"X-Request-Id: request-{number}")
        assert answer.header("x-request-id") == f"request-{number}"
        assert f'"request-{number}"'.encode() in answer.body
    assert app.requests == 1


async def test_requests_in_a_row_are_answered_in_their_order(
    shelf: Shelf, store: Store, wire: Connection, ask: Ask
) -> None:
    await store.put("b", "slow")
    await ask()
    shelf.pause = lambda: asyncio.sleep(0.05)
    for path in (A, "/api/v1/things/b", A, A, "/api/v1/things/c", A):
        wire.send(path)
    answers = [await wire.receive() for _ in range(6)]
    assert [answer.status for answer in answers] == [200, 200, 200, 200, 404, 200]
    bodies = [answer.body for answer in answers if answer.status == 200]
    assert bodies == [b"hello", b"slow", b"hello", b"hello", b"hello"]


@on_one
async def test_many_connections_are_answered_in_one_turn(
    connect: Callable[[], Any], ask: Ask, app: Counted
) -> None:
    await ask()
    connections = [await connect() for _ in range(30)]
    for each in connections:
        each.send()
    answers = await asyncio.gather(*(each.receive() for each in connections))
    assert {answer.body for answer in answers} == {b"hello"}
    assert app.requests == 1


@on_one
@pytest.mark.parametrize(("line", "version"), [("Connection: close", "1.1"), ("X: 1", "1.0")])
async def test_who_wants_the_connection_closed_gets_that(
    wire: Connection, ask: Ask, app: Counted, line: str, version: str
) -> None:
    await ask()
    wire.send(A, line, version=version)
    answer = await wire.receive()
    assert (answer.body, answer.header("connection")) == (b"hello", "close")
    assert await wire.is_over()
    assert app.requests == 1


@on_one
@pytest.mark.parametrize(
    ("lines", "method"),
    [
        (("Content-Length: 0",), "GET"),
        ((f"X-Long: {'x' * 6000}",), "GET"),
        (tuple(f"X-{number}: 1" for number in range(60)), "GET"),
        ((), "OPTIONS"),
        (("Content-Length: 0",), "POST"),
    ],
)
async def test_what_is_unusual_takes_the_long_way(
    ask: Ask, app: Counted, lines: tuple[str, ...], method: str
) -> None:
    await ask()
    await ask(A, *lines, method=method)
    assert app.requests == 2


@on_one
async def test_what_the_application_refuses_is_no_hit(ask: Ask) -> None:
    await ask("/api/v1/things/%EF%BF%BD")
    # The server decodes both to the same path.
    assert (await ask("/api/v1/things/%FF")).status == 400


@on_one
async def test_what_is_asked_for_adds_no_lines_to_the_answer(ask: Ask) -> None:
    for _ in range(3):
        answer = await ask("/api/v1/things/a%0D%0AX-Forged:%201")
        assert (answer.status, answer.header("x-forged")) == (404, "")
        assert answer.header("surrogate-key") == "thing:a%0D%0AX-Forged:%201"


@on_one
async def test_a_route_can_not_end_a_line_of_the_answer(store: Store, ask: Ask) -> None:
    await store.put("b", "moved to /a\r\nX-Forged: 1")
    for _ in range(3):
        answer = await ask("/api/v1/things/b")
        assert (answer.status, answer.header("x-forged")) == (500, "")


@on_one
async def test_what_takes_long_to_compress_is_compressed_elsewhere_and_kept(
    store: Store, ask: Ask, app: Counted
) -> None:
    await store.put("a", LONGER)
    await ask()
    first = await ask(A, "Accept-Encoding: gzip")
    assert app.requests == 2
    second = await ask(A, "Accept-Encoding: gzip")
    assert app.requests == 2
    assert first.body == second.body
    assert len(first.body) < len(LONGER)

"""Clients that leave: nothing of them stays behind."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable

import pytest
from fastapi import FastAPI
from httpx2 import ASGITransport, AsyncClient

from cms_core.api import create_api
from cms_core.app import CMS
from cms_core.front.departure import PATIENCE
from cms_core.serving import serve_api

Login = Callable[..., dict[str, str]]


@pytest.fixture
async def address(cms_app: CMS) -> AsyncIterator[tuple[str, int]]:
    """Where a real server answers for the API."""
    listener = socket.create_server(("127.0.0.1", 0))
    stop, ready = asyncio.Event(), asyncio.Event()
    serving = serve_api(
        create_api(cms_app), cms_app.settings, listener, stop=stop, on_ready=ready.set
    )
    task = asyncio.create_task(serving)
    await ready.wait()
    yield listener.getsockname()
    stop.set()
    await task


async def send_and_leave(address: tuple[str, int], request: bytes, after: float) -> None:
    _, writer = await asyncio.open_connection(*address)
    writer.write(request)
    await writer.drain()
    await asyncio.sleep(after)
    writer.close()
    await writer.wait_closed()


async def is_idle(cms: CMS) -> bool:
    """Whether all connections come back to their pools, within seconds."""
    for _ in range(100):
        if cms.db.in_use == 0:
            return True
        await asyncio.sleep(0.05)
    return False


@pytest.mark.parametrize("sent_in_a_row", [1, 2])
async def test_a_read_that_nobody_waits_for_is_given_up(
    cms_app: CMS, address: tuple[str, int], sent_in_a_row: int
) -> None:
    request = b"GET /api/v1/probe/slow HTTP/1.1\r\nHost: x\r\n\r\n"
    leaving = asyncio.create_task(send_and_leave(address, request * sent_in_a_row, PATIENCE + 0.2))
    await asyncio.sleep(PATIENCE)
    assert cms_app.db.in_use == 1
    await leaving
    assert await is_idle(cms_app)


async def test_a_sender_who_leaves_amid_the_body_holds_no_connection(
    cms_app: CMS, address: tuple[str, int], cms_login: Login
) -> None:
    headers = f"Authorization: {cms_login()['Authorization']}\r\nContent-Type: application/json"
    head = f"POST /api/v1/admin/probe HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n{headers}"
    leaving = asyncio.create_task(send_and_leave(address, f"{head}\r\n\r\n{{".encode(), 0.2))
    await asyncio.sleep(0.1)
    assert cms_app.db.in_use == 0
    await leaving


async def test_who_sends_too_much_and_closes_still_hears_why(address: tuple[str, int]) -> None:
    body = b"a" * 8_000_000
    head = f"POST /api/v1/probe HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n"
    reader, writer = await asyncio.open_connection(*address)
    writer.write(head.encode() + b"Connection: close\r\n\r\n")
    answer = asyncio.create_task(reader.read())
    for start in range(0, len(body), 100_000):
        writer.write(body[start : start + 100_000])
        await writer.drain()
    assert (await answer).startswith(b"HTTP/1.1 413")
    writer.close()


async def test_the_server_answers_after_many_have_left(
    cms_app: CMS, address: tuple[str, int]
) -> None:
    request = b"GET /api/v1/probe HTTP/1.1\r\nHost: x\r\n\r\n"
    leaving = [send_and_leave(address, request, number / 5000) for number in range(60)]
    await asyncio.gather(*leaving)
    assert await is_idle(cms_app)
    async with AsyncClient(base_url="http://{}:{}".format(*address)) as client:
        assert (await client.get("/api/v1/probe")).status_code == 200


@pytest.mark.parametrize("path", ["/api/v1/probe", "/api/v1/admin/probe"])
async def test_a_request_cancelled_anywhere_gives_its_connection_back(
    cms_app: CMS, cms_api: FastAPI, cms_login: Login, path: str
) -> None:
    method, body = ("POST", {"text": "x"}) if "admin" in path else ("GET", None)
    transport = ASGITransport(cms_api)
    async with AsyncClient(transport=transport, base_url="http://test") as client:
        for step in range(40):
            request = client.request(method, path, json=body, headers=cms_login())
            task = asyncio.create_task(request)
            await asyncio.sleep(step / 4000)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            assert await is_idle(cms_app)
        answer = await client.request(method, path, json=body, headers=cms_login())
        assert answer.status_code == 200

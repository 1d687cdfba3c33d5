"""Senders leave amid a piece, and go on."""

from __future__ import annotations

import asyncio
import hashlib
import socket
from collections.abc import AsyncIterator

import pytest
from fastapi import FastAPI
from httpx2 import AsyncClient

from cms_core import CMS
from cms_core.serving import serve_api
from cms_media.workshop import workshop_of

from .sending import WORDS, Begin, Stored, checksum, offset_of, send


@pytest.fixture
async def address(cms_app: CMS, cms_api: FastAPI) -> AsyncIterator[tuple[str, int]]:
    """Where a real server answers for the same CMS."""
    listener = socket.create_server(("127.0.0.1", 0))
    stop, ready = asyncio.Event(), asyncio.Event()
    serving = serve_api(cms_api, cms_app.settings, listener, stop=stop, on_ready=ready.set)
    task = asyncio.create_task(serving)
    await ready.wait()
    yield listener.getsockname()
    stop.set()
    await task


async def leave_amid(
    client: AsyncClient, address: tuple[str, int], url: str, offset: int, sent: bytes
) -> None:
    path = url.removeprefix("http://test")
    head = (
        f"PATCH {path} HTTP/1.1\r\nHost: x\r\nTus-Resumable: 1.0.0\r\n"
        "Content-Type: application/offset+octet-stream\r\n"
        f"Authorization: {client.headers['Authorization']}\r\n"
        f"Upload-Offset: {offset}\r\nContent-Length: {len(sent) + 1}\r\n\r\n"
    )
    _, writer = await asyncio.open_connection(*address)
    writer.write(head.encode() + sent)
    await writer.drain()
    await asyncio.sleep(0.3)  # what the server has not read yet is lost with the connection
    writer.close()
    await writer.wait_closed()


async def goes_on_after(client: AsyncClient, url: str, offset: int) -> int:
    for _ in range(200):
        if (kept := await offset_of(client, url)) > offset:
            return kept
        await asyncio.sleep(0.05)
    return offset


@pytest.mark.parametrize("size", [1000, 20_000_000])
async def test_what_arrived_before_a_break_is_kept_and_the_upload_goes_on(
    ada: AsyncClient, begin: Begin, address: tuple[str, int], size: int
) -> None:
    content = (b"Words, and more words.\n" * (size // 23 + 9))[: size + 100]
    url = await begin(len(content))

    await leave_amid(ada, address, url, 0, content[: size // 2])
    half = await goes_on_after(ada, url, 0)
    await leave_amid(ada, address, url, half, content[half:size])
    most = await goes_on_after(ada, url, half)
    assert 0 < half <= size // 2 < most <= size
    last = await send(ada, url, most, content[most:])

    made = (await ada.get(last.headers["media-location"])).json()
    back = (await ada.get(made["signed_url"])).content
    assert hashlib.sha256(back).digest() == hashlib.sha256(content).digest()


async def test_a_cancelled_request_keeps_what_arrived(
    ada: AsyncClient, begin: Begin, cms_app: CMS
) -> None:
    arrived = asyncio.Event()

    async def chunks() -> AsyncIterator[bytes]:
        yield WORDS[:1000]
        arrived.set()
        await asyncio.sleep(60)

    url = await begin()
    sending = asyncio.create_task(send(ada, url, 0, chunks()))
    await arrived.wait()
    await asyncio.sleep(0.1)
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)
    await workshop_of(cms_app).background.settle()

    assert await offset_of(ada, url) == 1000


async def test_a_broken_piece_with_a_checksum_is_not_kept(
    ada: AsyncClient, begin: Begin, cms_app: CMS, stored: Stored
) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield WORDS[:1000]
        await asyncio.sleep(60)

    url = await begin()
    sending = asyncio.create_task(send(ada, url, 0, chunks(), **checksum(WORDS)))
    await asyncio.sleep(0.3)
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)
    await workshop_of(cms_app).background.settle()

    assert (await offset_of(ada, url), await stored()) == (0, {})

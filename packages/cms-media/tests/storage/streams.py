"""Streams for the tests, and what came of them."""

import os
from asyncio import Event
from collections.abc import AsyncIterator
from datetime import timedelta

from cms_media.storage import Storage

KEY = "ab/abcdef"
MIB = 1024 * 1024


class Interrupted(Exception):
    """The sender went away."""


async def stream(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


async def noise(megabytes: int) -> AsyncIterator[bytes]:
    for _ in range(megabytes):
        yield os.urandom(MIB)


async def interrupted(megabytes: int) -> AsyncIterator[bytes]:
    async for chunk in noise(megabytes):
        yield chunk
    raise Interrupted


async def stalled(megabytes: int, stall: Event) -> AsyncIterator[bytes]:
    """Set `stall` once all but the end was asked for; the end never comes."""
    async for chunk in noise(megabytes):
        yield chunk
    stall.set()
    await Event().wait()


async def keys(storage: Storage, prefix: str = "") -> list[str]:
    return sorted([stored.key async for stored in storage.objects(prefix)])


async def unfinished(storage: Storage, older_than: timedelta = timedelta(0)) -> int:
    return await storage.abandon(older_than, dry_run=True)


async def content(storage: Storage, start: int = 0, length: int | None = None) -> bytes:
    return b"".join([piece async for piece in storage.read(KEY, start, length)])

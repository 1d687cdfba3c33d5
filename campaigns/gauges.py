"""A plugin that tells what a process holds at the moment, and has answers that are slow to make."""

from __future__ import annotations

import asyncio
import os
import random
import socket
from collections.abc import Sequence
from typing import Any

from fastapi import Request

from cms_core import CMS, DeliveryRouter, Snapshot, hookimpl
from cms_core.plugins.contributions import Plugin

#: Seconds that a slow answer takes, at least and at most.
SLOW = (0.25, 0.5)
#: Characters of a long answer: more than the buffers of a connection hold.
LONG = 3_000_000


def words_of(name: str) -> str:
    """What the answer of that name says; those named ``long-…`` are long."""
    return f"{name} " * (LONG // (len(name) + 1) if name.startswith("long") else 40)


@hookimpl
def register_routers(cms: CMS) -> Sequence[DeliveryRouter]:
    router = DeliveryRouter("/gauges")

    @router.get("")
    async def gauges(request: Request) -> dict[str, int]:
        """What this process holds."""
        return _gauges(cms, request.scope["server"][1])

    @router.get("/made/{name}")
    async def made(session: Snapshot, name: str) -> dict[str, str]:
        """An answer that is kept until its scope changes; ``slow-…`` ones take their time."""
        session.depends_on(f"gauges:{name}")
        await session.now()
        if name.startswith("slow"):
            await asyncio.sleep(random.uniform(*SLOW))
        return {"slug": name, "words": words_of(name)}

    return [router]


GAUGES = Plugin("gauges", __import__(__name__, fromlist=["_"]), "", "0")


def _gauges(cms: CMS, port: int) -> dict[str, int]:
    return {
        "tasks": len(asyncio.all_tasks()),
        "connections": cms.db.in_use,
        "sockets": sum(_is_at(int(name), port) for name in os.listdir("/proc/self/fd")),
        "files": len(os.listdir("/proc/self/fd")),
    }


def _is_at(descriptor: int, port: int) -> bool:
    """Whether a descriptor is the server's end of a client's connection."""
    try:
        copy = os.dup(descriptor)
    except OSError:
        return False  # of the listing itself
    try:
        opened = socket.socket(fileno=copy)
    except OSError:
        os.close(copy)
        return False  # of something else
    with opened:
        name: Any = opened.getsockname()
    return isinstance(name, tuple) and name[1] == port

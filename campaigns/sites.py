"""Sites under a real server on a socket, and the desk at which their posts are written."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from campaigns.arena import Arena
from campaigns.campaign import Engine
from campaigns.planting import AUTHOR
from campaigns.wire import Address, Answer, Headers, Wire, json_request
from cms_core import CMS, Principal
from cms_core.api import create_api
from cms_core.serving import serve_api
from cms_core.settings import Settings
from cms_core.testing.testkit import TestAuthenticator

POSTS = "/api/v1/admin/posts"


@contextmanager
def shared_cache(arena: Arena) -> Iterator[Settings]:
    """Yield the settings of a run with a Redis of its own, on PostgreSQL; on SQLite without."""
    if arena.engine is Engine.SQLITE:
        yield arena.settings
        return
    with arena.redis() as redis:
        yield arena.settings.model_copy(update={"cache_url": redis.url})


@asynccontextmanager
async def served(cms: CMS) -> AsyncIterator[Address]:
    """Serve a CMS as `cms serve` does, in this process; closes it at the end."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=2048)
    stop, ready = asyncio.Event(), asyncio.Event()
    app = create_api(cms)
    serving = asyncio.create_task(
        serve_api(app, cms.settings, listener, stop=stop, on_ready=ready.set)
    )
    started = asyncio.create_task(ready.wait())
    await asyncio.wait([serving, started], return_when=asyncio.FIRST_COMPLETED)
    if serving.done():
        started.cancel()
        raise RuntimeError("the server did not start") from serving.exception()
    host, port = listener.getsockname()
    try:
        yield host, port
    finally:
        stop.set()
        await serving


def sign_in(cms: CMS) -> Headers:
    """The request headers of somebody who may do everything, and is the author of all posts."""
    found = cms.contributions.authenticators
    authenticator = next(each for each in found if isinstance(each, TestAuthenticator))
    may = frozenset(cms.contributions.permissions)
    return tuple(authenticator.sign_in(Principal(AUTHOR, "admin", may)).items())


class Refused(Exception):
    """The API did not do what it was asked for."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(f"{answer.status}: {answer.body[:300]!r}")
        self.status = answer.status


class Desk:
    """Changes a site through its API."""

    def __init__(self, address: Address, headers: Headers) -> None:
        self._wire = Wire(address)
        self._headers = headers

    async def send(
        self, method: str, target: str, content: Any = None, *headers: tuple[str, str]
    ) -> Any:
        """Return what was answered, None for an empty body. Raises `Refused`."""
        sent = (*self._headers, *headers)
        answer = await self._wire.ask(json_request(method, target, sent, content))
        if not 200 <= answer.status < 300:
            raise Refused(answer)
        return json.loads(answer.body) if answer.body else None

    async def create(self, **content: Any) -> Any:
        """Create a draft."""
        return await self.send("POST", POSTS, content)

    async def edit(self, id: str, **content: Any) -> Any:
        """Change a working copy."""
        return await self.send("PATCH", f"{POSTS}/{id}", content)

    async def publish(self, id: str) -> Any:
        """Let readers see the working copy."""
        return await self.send("POST", f"{POSTS}/{id}/publish")

    def close(self) -> None:
        """Close the connection."""
        self._wire.close()

"""Applications that do as little as possible on the same server: what the CMS is measured by.

They run under uvicorn as `cms serve` does (uvloop, httptools, no access log, no websockets), but
with uvicorn's own protocol, and answer every request with the bytes of one file.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import asyncpg
import typer
import uvicorn

from cms_core.serving import url_of

Answer = Callable[[dict[str, Any]], Awaitable[bytes]]
_QUERY = (
    "SELECT r.body_html FROM published_posts p JOIN post_revisions r"
    " ON r.post_id = p.post_id AND r.number = p.revision WHERE p.slug = $1"
)


class Kind(StrEnum):
    """What such an application does before it answers."""

    PLAIN = "plain"  # nothing
    LOOKUP = "lookup"  # look through the headers, and for the path in a dictionary
    ROW = "row"  # read one post from PostgreSQL by its slug, with asyncpg alone


class Application:
    """ASGI and nothing else."""

    def __init__(self, kind: Kind, body: bytes, paths: list[bytes], database: str) -> None:
        self._body = body
        self._by_path = dict.fromkeys(paths, body)
        self._database = database
        self._pool: Any = None
        self._opening = asyncio.Lock()
        kinds = {Kind.PLAIN: self._plain, Kind.LOOKUP: self._lookup, Kind.ROW: self._row}
        self._answer: Answer = kinds[kind]

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        body = await self._answer(scope)
        length = str(len(body)).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", length)]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _plain(self, scope: dict[str, Any]) -> bytes:
        return self._body

    async def _lookup(self, scope: dict[str, Any]) -> bytes:
        for name, _ in scope["headers"]:
            if name == b"if-none-match":
                return b""
        return self._by_path[scope["raw_path"]]

    async def _row(self, scope: dict[str, Any]) -> bytes:
        if self._pool is None:
            await self._open()
        slug = scope["path"].rpartition("/")[2]
        html: str = await self._pool.fetchval(_QUERY, slug)
        return html.encode()

    async def _open(self) -> None:
        # The first requests come at once, and all but one wait for it.
        async with self._opening:
            if self._pool is None:
                self._pool = await asyncpg.create_pool(self._database, min_size=10, max_size=10)


def serve(
    kind: Annotated[Kind, typer.Argument(help="What it does.")],
    body: Annotated[Path, typer.Argument(exists=True, help="File with the answer.")],
    paths: Annotated[
        Path | None, typer.Option(exists=True, help="File with the paths that `lookup` knows.")
    ] = None,
) -> None:
    """Serve on a free port of this machine until SIGTERM; CMS_DATABASE_URL is for `row`.

    Example:

    python -m benchmarks.bare plain answer.json
    """
    known = paths.read_bytes().split() if paths else []
    database = os.environ.get("CMS_DATABASE_URL", "").replace("+asyncpg", "")
    application = Application(kind, body.read_bytes(), known, database)
    config = uvicorn.Config(
        application,
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
    )
    listener = socket.create_server(("127.0.0.1", 0), backlog=2048)
    server = uvicorn.Server(config)
    typer.echo(f"API  {url_of(listener)}")
    server.run([listener])


if __name__ == "__main__":
    typer.run(serve)

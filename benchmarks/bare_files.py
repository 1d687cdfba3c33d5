"""What takes and serves files with as little as possible: what ours are measured by.

It runs under uvicorn as `cms serve` does. `GET` answers with a file by `FileResponse`, `PUT` writes
a body to a file as it comes, and syncs it.
"""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Annotated

import typer
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from cms_core.serving import url_of


def application(folder: Path) -> Starlette:
    """Return the application; `folder` is where it reads and writes."""

    async def download(request: Request) -> Response:
        return FileResponse(folder / request.path_params["name"])

    async def upload(request: Request) -> Response:
        with (folder / "upload").open("wb") as target:
            async for chunk in request.stream():
                target.write(chunk)
            target.flush()
            # Ours answers once the bytes are on the disk: how fast that is, is no merit of either.
            os.fsync(target.fileno())
        return Response(status_code=201)

    routes = [Route("/{name}", download), Route("/upload", upload, methods=["PUT"])]
    return Starlette(routes=routes)


def serve(
    folder: Annotated[Path, typer.Argument(exists=True, help="Files, and where uploads go.")],
) -> None:
    """Serve a folder on a free port of this machine until SIGTERM.

    Example:

    python -m benchmarks.bare_files /tmp
    """
    config = uvicorn.Config(
        application(folder),
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
    typer.echo(f"API  {url_of(listener)}")
    uvicorn.Server(config).run([listener])


if __name__ == "__main__":
    typer.run(serve)

"""``cms dev``: everything in one process, on an embedded database, with something to look at."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from socket import socket
from typing import Annotated

import structlog
import typer
import uvloop

from cms_core.api import create_api
from cms_core.assembly import load_cms
from cms_core.commands.context import read_settings, readable_errors
from cms_core.commands.serve import Host, Port
from cms_core.secret_key import keep_key
from cms_core.serving import bind, serve_api, stop_signal, url_of
from cms_core.settings import LogFormat, Settings
from cms_core.startup import plant_seeds, prepare_schema, running
from cms_core.telemetry import configure_logging
from cms_core.worker import Worker

log = structlog.get_logger(__name__)


def dev(
    host: Host = "127.0.0.1",
    port: Port = 8000,
    demo: Annotated[bool, typer.Option(help="Write demo content into an empty CMS.")] = True,
    worker: Annotated[bool, typer.Option(help="Run the worker as well.")] = True,
) -> None:
    """Try the CMS out: make a data folder, an administrator and demo content, then serve.

    CMS_ADMIN_EMAIL and CMS_ADMIN_PASSWORD choose the administrator; else a random password is
    printed once. Not for production: see cms serve and cms worker.

    Examples:

    cms dev

    cms dev --port 9000 --data /tmp/try --no-demo
    """
    with readable_errors():
        listener = bind(host, port)
        settings = _settings(listener)
        configure_logging(settings)
        uvloop.run(_develop(settings, listener, demo=demo, worker=worker))


def _settings(listener: socket) -> Settings:
    settings = keep_key(read_settings())
    wanted = {"public_url": url_of(listener), "log_format": LogFormat.CONSOLE, "processes": 1}
    unset = {name: value for name, value in wanted.items() if name not in settings.model_fields_set}
    return settings.model_copy(update={**unset, "development": True})


async def _develop(settings: Settings, listener: socket, *, demo: bool, worker: bool) -> None:
    stop = stop_signal()
    cms = load_cms(settings)
    configure_logging(settings, cms.contributions.plugins)
    await prepare_schema(cms)
    notes = await plant_seeds(cms, demo=demo)
    work = asyncio.create_task(_work(settings, stop)) if worker else None
    try:
        await serve_api(
            create_api(cms),
            settings,
            listener,
            stop=stop,
            on_ready=lambda: _welcome(listener, notes),
        )
    finally:
        stop.set()
        if work:
            await work


async def _work(settings: Settings, stop: asyncio.Event) -> None:
    # A CMS of its own, as the process `cms worker` has: each side opens and closes what it uses.
    cms = load_cms(settings)
    try:
        async with running(cms):
            await Worker(cms).run(stop)
    except Exception:
        log.exception("worker_failed")


def _welcome(listener: socket, notes: Mapping[str, str]) -> None:
    url = url_of(listener)
    for label, text in {"API": url, "Docs": f"{url}/docs", **notes}.items():
        typer.echo(f"{label:<4} {text}")

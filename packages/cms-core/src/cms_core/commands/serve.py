"""``cms serve`` and ``cms worker``: the two processes of an installation."""

from __future__ import annotations

import os
from socket import socket
from typing import Annotated

import structlog
import typer
import uvloop

from cms_core.api import create_api
from cms_core.app import CMS
from cms_core.assembly import load_cms
from cms_core.commands.context import closing, read_settings, readable_errors
from cms_core.secret_key import require_secret_key
from cms_core.serving import bind, serve_api, serve_processes, stop_signal, url_of
from cms_core.startup import prepare_schema, running
from cms_core.telemetry import configure_logging
from cms_core.worker import Worker

log = structlog.get_logger(__name__)

Host = Annotated[str, typer.Option(help="Address to listen on.")]
Port = Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0: any free one.")]


def serve(
    host: Host = "127.0.0.1",
    port: Port = 8000,
    workers: Annotated[int, typer.Option(min=1, help="Processes that answer requests.")] = 1,
) -> None:
    """Run the API.

    Needs CMS_SECRET_KEY, and a schema that is current (cms db upgrade); an embedded database is
    upgraded at the start. After SIGTERM, running requests have 10 seconds to finish.

    Examples:

    cms serve --host 0.0.0.0 --workers 4

    CMS_DATABASE_URL=postgresql://cms@db/cms cms serve
    """
    with readable_errors():
        cms = _production_cms()
        listener = bind(host, port)
        if workers == 1:
            uvloop.run(_serve(cms, listener))
        else:
            uvloop.run(closing(cms, prepare_schema))
            os.environ["CMS_DATA"] = str(cms.settings.data)
            serve_processes(cms.settings, listener, workers, on_ready=lambda: _announce(listener))


def worker(
    once: Annotated[bool, typer.Option("--once", help="Do what is due now, then end.")] = False,
) -> None:
    """Run the jobs when they are due: schedules, deliveries, housekeeping.

    Any number of workers may run. After SIGTERM, what is being done is finished or rolled back.

    Examples:

    cms worker

    cms worker --once
    """
    with readable_errors():
        cms = _production_cms()
        uvloop.run(closing(cms, _work_once if once else _work))


def _production_cms() -> CMS:
    settings = read_settings()
    require_secret_key(settings)
    configure_logging(settings)
    cms = load_cms(settings)
    configure_logging(settings, cms.contributions.plugins)
    for fault in cms.contributions.faults:
        log.error("plugin_faulty", code=fault.code, plugin=fault.plugin, reason=fault.message)
    return cms


async def _serve(cms: CMS, listener: socket) -> None:
    stop = stop_signal()
    await prepare_schema(cms)
    await serve_api(
        create_api(cms), cms.settings, listener, stop=stop, on_ready=lambda: _announce(listener)
    )


def _announce(listener: socket) -> None:
    typer.echo(f"API  {url_of(listener)}")


async def _work(cms: CMS) -> None:
    stop = stop_signal()
    await prepare_schema(cms)
    async with running(cms):
        await Worker(cms).run(stop)


async def _work_once(cms: CMS) -> None:
    await prepare_schema(cms)
    async with running(cms):
        await Worker(cms).run_once()

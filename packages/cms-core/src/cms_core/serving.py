"""Runs the API under uvicorn: bound before anything starts, told to stop only by us."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess

from cms_core.errors import CMSError
from cms_core.front.protocol import Protocol
from cms_core.metrics import shared_figures
from cms_core.settings import Settings
from cms_core.startup import keep_for_good

#: Seconds that running requests get to finish after SIGTERM.
GRACE = 10
_FACTORY = "cms_core.api:create_api_from_environment"
#: Seconds that processes get to start.
_READY_WITHIN = 60
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class AddressTaken(CMSError):
    """The address is in use."""


def bind(host: str, port: int) -> socket.socket:
    """Return a socket that listens on the address (port 0: any free one).

    Raises `AddressTaken`, also for an address that is not of this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror
        raise AddressTaken(
            f"Can't listen on {host} port {port}: {reason}. Choose another with --port."
        ) from None


def url_of(listener: socket.socket) -> str:
    """Return the URL of a listening socket."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def stop_signal() -> asyncio.Event:
    """Return an event that SIGINT and SIGTERM set; a second signal ends the process at once."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()

    def on_signal() -> None:
        stop.set()
        for number in _SIGNALS:
            loop.remove_signal_handler(number)

    for number in _SIGNALS:
        loop.add_signal_handler(number, on_signal)
    return stop


async def serve_api(
    app: Any,
    settings: Settings,
    listener: socket.socket,
    *,
    stop: asyncio.Event,
    on_ready: Callable[[], None],
) -> None:
    """Serve until `stop` is set; calls `on_ready` when the API answers."""
    server = _Server(_config(app, settings), on_ready)
    keep_for_good()
    watch = asyncio.create_task(server.exit_at(stop))
    try:
        await server.serve(sockets=[listener])
    finally:
        watch.cancel()


def serve_processes(
    settings: Settings, listener: socket.socket, workers: int, *, on_ready: Callable[[], None]
) -> None:
    """Serve from several processes, which find their settings in the environment.

    Until SIGINT or SIGTERM; a process that dies is replaced. Calls `on_ready` when all answer.
    """
    config = _config(_FACTORY, settings, factory=True, workers=workers)
    supervisor = _Supervisor(config, listener, on_ready)
    with shared_figures():
        supervisor.run()
    if any(process.exitcode == STARTUP_FAILURE for process in supervisor.processes):
        raise CMSError("A process of the API did not start; the log says why.")


def _config(app: Any, settings: Settings, **more: Any) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        loop="uvloop",
        http=Protocol,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=list(settings.trusted_proxies),
        timeout_graceful_shutdown=GRACE,
        **more,
    )


class _Server(uvicorn.Server):
    """A server that leaves signals to us: uvicorn would raise them again, and exit with 143."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._on_ready()

    async def exit_at(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self.should_exit = True

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class _Supervisor(Multiprocess):
    """Starts the processes, watches them, and tells when they answer."""

    def __init__(
        self, config: uvicorn.Config, listener: socket.socket, on_ready: Callable[[], None]
    ) -> None:
        super().__init__(config, sockets=[listener])
        self._on_ready = on_ready

    def init_processes(self) -> None:
        super().init_processes()
        if all(process.wait_until_ready(_READY_WITHIN) for process in self.processes):
            self._on_ready()

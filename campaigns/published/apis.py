"""API processes on real sockets, forked from this one, killed and replaced."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from multiprocessing.context import ForkProcess
from types import TracebackType
from typing import Self

import uvloop

from campaigns.processes import FORK
from cms_core import CMS
from cms_core.api import create_api
from cms_core.serving import bind, serve_api, stop_signal

Address = tuple[str, int]

#: Seconds that a process may take to answer, and to end when it is asked to.
READY_WITHIN = 60.0
STOPPED_WITHIN = 15.0


class Apis:
    """Processes that serve a CMS as ``cms serve`` does, each on a port of its own.

    They are forked from this process, in which nothing may be connected or running. `prepare` is
    called in each before it serves.
    """

    def __init__(
        self, cms: CMS, size: int, prepare: Callable[[CMS], None] = lambda cms: None
    ) -> None:
        self._cms = cms
        self._prepare = prepare
        self._ready = FORK.RawArray("b", size)
        self._listeners = [bind("127.0.0.1", 0) for _ in range(size)]
        self._processes: list[ForkProcess] = []
        #: Processes that ended although nobody asked them to.
        self.crashed = 0

    def __enter__(self) -> Self:
        self._processes = [self._fork(number) for number in range(len(self._listeners))]
        deadline = time.monotonic() + READY_WITHIN
        while not all(self._ready):
            if time.monotonic() > deadline:
                raise TimeoutError("the API did not get ready")
            time.sleep(0.01)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for process in self._processes:
            self.crashed += process.exitcode is not None
            process.terminate()
        for process in self._processes:
            process.join(STOPPED_WITHIN)
            process.kill()
            process.join()
        for listener in self._listeners:
            listener.close()

    @property
    def addresses(self) -> list[Address]:
        """Where they answer."""
        return [listener.getsockname()[:2] for listener in self._listeners]

    def _fork(self, number: int) -> ForkProcess:
        arguments = (number, self._listeners[number])
        process = FORK.Process(target=self._run, args=arguments, daemon=True)
        process.start()
        return process

    def _run(self, number: int, listener: socket.socket) -> None:
        self._prepare(self._cms)
        uvloop.run(self._serve(number, listener))

    async def _serve(self, number: int, listener: socket.socket) -> None:
        def note() -> None:
            self._ready[number] = 1

        app, stop = create_api(self._cms), stop_signal()
        await serve_api(app, self._cms.settings, listener, stop=stop, on_ready=note)

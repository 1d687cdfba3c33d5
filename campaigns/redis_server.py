"""A Redis of our own that can be killed, stopped and started again on the same port."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from campaigns.crew import halt
from cms_core.testing.servers import ServerUnavailable, _redis_binaries

#: Seconds that it may take to answer.
READY_WITHIN = 30.0


class RedisServer:
    """Runs from entering to leaving; keeps nothing on disk. Ends with our process group."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._port: int = free.getsockname()[1]
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill()

    @property
    def url(self) -> str:
        """Its address, the same after every start."""
        return f"redis://127.0.0.1:{self._port}/0"

    def start(self) -> None:
        """Start it, empty; return when it answers. Raises `ServerUnavailable`."""
        options = (
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--appendonly",
            "no",
            "--loglevel",
            "warning",
        )
        place = ("--port", str(self._port), "--dir", str(self._folder))
        with (self._folder / "redis-log").open("ab") as log:
            self._process = subprocess.Popen(
                [_redis_binaries()[0], *place, *options], stdin=subprocess.DEVNULL, stdout=log
            )
        deadline = time.monotonic() + READY_WITHIN
        while not self._answers():
            if time.monotonic() > deadline or self._process.poll() is not None:
                raise ServerUnavailable((self._folder / "redis-log").read_text()[-2000:])
            time.sleep(0.01)

    def kill(self) -> None:
        """Kill it with SIGKILL; what it held is gone."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def stop_for(self, seconds: float) -> None:
        """Let it stand still: connections are accepted by the kernel, and nothing answers."""
        assert self._process is not None
        halt(self._process.pid)
        time.sleep(seconds)
        os.kill(self._process.pid, signal.SIGCONT)

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self._port), timeout=1) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(7) == b"+PONG\r\n"
        except OSError:
            return False

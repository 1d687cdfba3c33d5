"""Processes of the CMS as people start them, outside the repository and in a clean environment."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import pytest

COMMANDS = Path(sys.executable).parent


class Running:
    """A process in a session of its own, and all that it printed."""

    def __init__(self, command: Sequence[str], variables: Mapping[str, str], folder: Path) -> None:
        self._log = folder / f"{time.monotonic_ns()}.log"
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                command,
                env={"PATH": f"{COMMANDS}:{os.environ['PATH']}", "HOME": str(folder), **variables},
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def output(self) -> str:
        return self._log.read_text()

    def until(self, pattern: str, within: float = 60) -> str:
        """Wait until the output holds the pattern; return its group."""
        deadline = time.monotonic() + within
        while not (found := re.search(pattern, self.output, re.MULTILINE)):
            assert self.process.poll() is None, self.output
            assert time.monotonic() < deadline, self.output
            time.sleep(0.02)
        return found[1]

    def address(self) -> str:
        """Wait until the API answers; return its address."""
        return self.until(r"^API +(http\S+)$")

    def credentials(self) -> dict[str, str]:
        """Wait until the first administrator is told; return how to sign in."""
        line = self.until(r"^(Admin +.+)$").split()
        return {"email": line[1].rstrip(","), "password": line[-1]}

    def ended(self, within: float = 60) -> int:
        """Wait for the end; return the exit code."""
        return self.process.wait(within)

    def stop(self, number: int = signal.SIGTERM, within: float = 10) -> int:
        """Send the signal; return the exit code, which must come in time."""
        self.process.send_signal(number)
        return self.process.wait(within)

    def kill(self) -> None:
        """End the process and all that it started."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    """``start("cms", "dev", CMS_X="1")``: whatever still runs at the end of the test is killed."""
    started: list[Running] = []

    def start(*command: str, **variables: str) -> Running:
        running = Running(command, variables, tmp_path)
        started.append(running)
        return running

    yield start
    for running in started:
        running.kill()


@pytest.fixture
def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port

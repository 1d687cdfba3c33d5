from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog

from cms_core.cli import main

CMS = (sys.executable, "-c", "from cms_core.cli import main; main()")


@pytest.fixture(autouse=True)
def log_as_before() -> Iterator[None]:
    """Commands configure the log of their process, which here is that of the tests."""
    root, before = logging.getLogger(), structlog.get_config()
    handlers, level = list(root.handlers), root.level
    yield
    structlog.configure(**before)
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder that nothing has been written to."""
    return tmp_path / "data"


@pytest.fixture
def cms(
    data: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """Run a command of the core alone; return exit code, output and errors."""
    monkeypatch.setenv("CMS_PLUGINS__MODE", "allowlist")
    monkeypatch.setenv("CMS_DATA", str(data))

    def cms(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        out, err = capfd.readouterr()
        return int(ended.value.code or 0), out, err

    return cms


class Running:
    """A process of the CMS whose lines can be awaited."""

    def __init__(self, process: subprocess.Popen[str], log: Path) -> None:
        self.process = process
        self.log = log

    def line(self, beginning: str) -> str:
        """Wait for a line of the output that begins so."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.startswith(beginning):
                return line.strip()
        raise AssertionError(f"ended without {beginning!r}:\n{self.log.read_text()}")

    def url(self) -> str:
        """Wait until the API answers; return its address."""
        return self.line("API").split()[1]

    def stop(self, number: int) -> int:
        """Send the signal and return the exit code."""
        self.process.send_signal(number)
        return self.process.wait(30)


@pytest.fixture
def start(data: Path, tmp_path: Path) -> Iterator[Callable[..., Running]]:
    """Start commands as processes of their own; whatever still runs is killed at the end."""
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: str, **variables: str) -> Running:
        environment = {"PATH": os.environ["PATH"], "CMS_PLUGINS__MODE": "allowlist", **variables}
        with (tmp_path / "log").open("a") as log:
            process = subprocess.Popen(
                [*CMS, *arguments, "--data", str(data)],
                env=environment,
                stdout=subprocess.PIPE,
                stderr=log,
                stdin=subprocess.DEVNULL,
                text=True,
                cwd=tmp_path,
            )
        started.append(process)
        return Running(process, tmp_path / "log")

    yield start
    for process in started:
        process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()

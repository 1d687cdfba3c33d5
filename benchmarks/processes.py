"""Server processes that are measured: started, asked for their address, watched, stopped."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.failures import Failed
from cms_core import Settings

#: Seconds that a process may take to say that it is ready, and to end.
READY_WITHIN, STOPPED_WITHIN = 60.0, 20.0
CLI = ("-c", "from cms_core.cli import main; main()")
_TICKS = os.sysconf("SC_CLK_TCK")
_ADDRESS = re.compile(r"^API +http://([\d.]+):(\d+)$", re.MULTILINE)


class ProcessFailed(Failed):
    """A process that is to be measured did not start, or ended too soon."""


@dataclass(frozen=True, slots=True)
class Process:
    """A Python process and what it printed on its two outputs."""

    popen: subprocess.Popen[bytes]
    output: Path
    log: Path

    @property
    def alive(self) -> bool:
        return self.popen.poll() is None

    def cpu(self) -> float:
        """Return the seconds of processor time that it has used, all threads together."""
        fields = Path(f"/proc/{self.popen.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def memory(self) -> float:
        """Return what it holds of the memory, in MiB (resident set)."""
        status = Path(f"/proc/{self.popen.pid}/status").read_text()
        found = re.search(r"^VmRSS:\s+(\d+) kB", status, re.MULTILINE)
        return int(found[1]) / 1024 if found else 0.0

    def address(self) -> tuple[str, int]:
        """Wait until it prints where it answers, and return host and port."""
        deadline = time.monotonic() + READY_WITHIN
        while not (found := _ADDRESS.search(self.output.read_text())):
            if not self.alive or time.monotonic() > deadline:
                raise ProcessFailed(self.log.read_text()[-2000:] or "it says nothing")
            time.sleep(0.02)
        return found[1], int(found[2])


@contextmanager
def python(
    arguments: Sequence[str | Path], variables: Mapping[str, str], folder: Path
) -> Iterator[Process]:
    """Run Python with these arguments in a folder of its own; it is told to stop at the end.

    Nothing of our own environment that the CMS would read reaches it.
    """
    inherited = {name: value for name, value in os.environ.items() if name[:4] != "CMS_"}
    output, log = folder / "output", folder / "log"
    with output.open("wb") as out, log.open("wb") as err:
        popen = subprocess.Popen(
            [sys.executable, *arguments],
            env=inherited | {"PYTHONPATH": os.pathsep.join(_places()), **variables},
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            start_new_session=True,
        )
    try:
        yield Process(popen, output, log)
    finally:
        _stop(popen)


def known(variables: Mapping[str, str]) -> dict[str, str]:
    """Leave out the settings that this release of the CMS does not have: it would not start."""
    prefix = "CMS_"
    fields = {f"{prefix}{name.upper()}" for name in Settings.model_fields}
    return {name: value for name, value in variables.items() if "__" in name or name in fields}


def _places() -> list[str]:
    """Where the process finds this package, and whatever our own caller has put before the rest."""
    return [str(Path(__file__).parents[1]), *filter(None, [os.environ.get("PYTHONPATH")])]


def _stop(popen: subprocess.Popen[bytes]) -> None:
    popen.send_signal(signal.SIGTERM)
    try:
        popen.wait(STOPPED_WITHIN)
    except subprocess.TimeoutExpired:
        popen.kill()
        popen.wait()

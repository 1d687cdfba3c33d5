"""wrk, the load generator, and what it prints."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.failures import Failed
from benchmarks.targets import Request

_SENT = re.compile(r"(\d+) requests in ([\d.]+)(us|ms|s|m|h),")
_ERRORS = re.compile(r"Non-2xx or 3xx responses: (\d+)")
_BROKEN = re.compile(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)")
_UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
#: How long an answer may take before it counts as an error.
PATIENCE = "15s"
#: Requests are made once, before the load begins: wrk would spend its time on making them.
_SCRIPT = """
local made = {}
function init(arguments)
  math.randomseed(%(seed)d)
  for line in io.lines(%(file)s) do
    local path, etag = line:match("^(%%S+)%%s*(%%S*)$")
    local headers = etag ~= "" and { ["If-None-Match"] = etag } or nil
    made[#made + 1] = wrk.format("GET", path, headers)
  end
end
function request()
  return made[math.random(#made)]
end
"""


class Unreadable(Failed):
    """wrk failed, or printed something that is not understood."""


@dataclass(frozen=True, slots=True)
class Printed:
    """What wrk counted; `errors` are answers of 4xx and 5xx and connections that broke."""

    requests: int
    seconds: float
    errors: int


def installed() -> bool:
    """Whether wrk can be run."""
    return shutil.which("wrk") is not None


def version() -> str:
    """Return its name and version."""
    told = subprocess.run(["wrk", "--version"], capture_output=True, text=True, check=False)
    return " ".join(told.stdout.split()[:2])


async def run(
    address: tuple[str, int],
    requests: Sequence[Request],
    *,
    connections: int,
    seconds: float,
    seed: int,
) -> Printed:
    """Send requests drawn at random, from one thread. Raises `Unreadable`."""
    with TemporaryDirectory(prefix="cms-bench-") as folder:
        script = Path(folder) / "requests.lua"
        script.write_text(_script(requests, Path(folder) / "requests.txt", seed))
        amount = ("-t", "1", "-c", str(connections), "-d", f"{seconds:.0f}s")
        options = (*amount, "--timeout", PATIENCE, "-s", str(script))
        process = await asyncio.create_subprocess_exec(
            "wrk",
            *options,
            f"http://{address[0]}:{address[1]}",
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        printed = (await process.communicate())[0].decode(errors="replace")
    return parse(printed)


def parse(printed: str) -> Printed:
    """Read what wrk has printed. Raises `Unreadable`."""
    sent = _SENT.search(printed)
    if sent is None:
        raise Unreadable(printed[-2000:])
    errors = int(found[1]) if (found := _ERRORS.search(printed)) else 0
    broken = sum(map(int, found.groups())) if (found := _BROKEN.search(printed)) else 0
    return Printed(int(sent[1]), float(sent[2]) * _UNITS[sent[3]], errors + broken)


def _script(requests: Sequence[Request], file: Path, seed: int) -> str:
    """Write the requests to the file; return the script that reads them."""
    lines = (f"{each.path} {each.headers.get('If-None-Match', '')}\n" for each in requests)
    file.write_text("".join(lines))
    return _SCRIPT % {"seed": seed, "file": json.dumps(str(file))}

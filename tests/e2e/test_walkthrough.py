"""The walk-through in README.md does what its comments say, pasted as it stands."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.e2e.conftest import Running

README = Path(__file__).parents[2] / "README.md"


def test_the_walk_through_of_the_readme(start: Callable[..., Running], tmp_path: Path) -> None:
    [lines] = re.findall(r"^```sh walk-through\n(.*?)^```", README.read_text(), re.M | re.S)
    dev = start("cms", "dev", "--port", "0", "--data", str(tmp_path / "data"))
    told = dev.credentials()
    variables = f"EMAIL={told['email']}\nPASSWORD={shlex.quote(told['password'])}\n"

    done = subprocess.run(
        ["bash"],  # reads its lines one by one, as from a terminal
        input=variables + lines.replace("http://127.0.0.1:8000", dev.address()),
        text=True,
        capture_output=True,
        check=False,
        timeout=60,
    )

    assert done.stderr == ""
    assert done.stdout.splitlines() == re.findall(r"# → (.*)", lines)

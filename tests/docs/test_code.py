"""Every code block of the documentation works as it stands.

``sh`` blocks of a page run in one bash session, in an empty folder, on a `cms dev`; their
``# → …`` comments are what is printed. A block with a path after its language is that file. Python
without a path is executed, data is parsed. ``<!-- not run: … -->`` leaves a block to ``bash -n``.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import pytest
import yaml

if TYPE_CHECKING:
    from tests.conftest import Running

ROOT = Path(__file__).parents[2]
COMMANDS = Path(sys.executable).parent
PAGES = sorted({*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("packages/*/*.md")})
BLOCK = re.compile(
    r"^(?:<!-- not run: (?P<reason>.+) -->\n)?```(?P<language>\w*) ?(?P<path>\S*)\n"
    r"(?P<code>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
#: Starts a server, and so begins a session of its own: the second terminal.
DEV = re.compile(r"^((?:\w+=\S+ )*)(?:\./scripts/dev|cms dev)(.*)$", re.MULTILINE)
PARSERS: dict[str, Callable[[str], Any]] = {
    "json": json.loads,
    "toml": tomllib.loads,
    "yaml": yaml.safe_load,
    "xml": ElementTree.fromstring,
}
TOLD = "'the password that it printed'"
WRITTEN = "<!-- Below this line"


@dataclass(frozen=True)
class Block:
    language: str
    path: str
    code: str
    #: Whether it is an excerpt of tested code, or says why it can't run.
    runs: bool

    @property
    def as_shell(self) -> str:
        if self.path:
            folder = shlex.quote(str(Path(self.path).parent))
            return f"mkdir -p {folder}\ncat > {self.path} <<'END OF FILE'\n{self.code}END OF FILE\n"
        return self.code if self.language == "sh" and self.runs else ""


def blocks(page: Path) -> Iterator[Block]:
    text = page.read_text()
    excerpts = text.find(WRITTEN) if WRITTEN in text else len(text)
    for found in BLOCK.finditer(text):
        runs = found["reason"] is None and found.start() < excerpts
        yield Block(found["language"], found["path"], found["code"], runs)


def pages_with(*languages: str) -> list[Any]:
    return [
        pytest.param(page, id=str(page.relative_to(ROOT)))
        for page in PAGES
        if any(block.language in languages and block.runs for block in blocks(page))
    ]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("page", pages_with("sh"))
def test_commands(page: Path, start: Callable[..., Running], tmp_path: Path) -> None:
    shell = "".join(block.as_shell for block in blocks(page))
    before, *sessions = re.split(r"(?m)^(?=.*cms dev$|.*cms dev |\./scripts/dev)", shell)
    if "127.0.0.1:8000" in before:
        sessions, before = ["cms dev\n" + before, *sessions], ""
    _run(before, {}, tmp_path)
    for session in sessions:
        command, _, script = session.partition("\n")
        found = DEV.fullmatch(command)
        assert found is not None, command
        variables, options = found.groups()
        dev = start("bash", "-c", f"{variables} exec cms dev --port 0 {options}")
        address = dev.address()
        known = {"http://127.0.0.1:8000": address}
        if TOLD in script:
            known[TOLD] = shlex.quote(dev.credentials()["password"])
        _run(script, known, tmp_path)
        assert dev.stop() == 0, dev.output


def _run(script: str, known: dict[str, str], folder: Path) -> None:
    for text, value in known.items():
        script = script.replace(text, value)
    done = subprocess.run(
        ["bash"],  # reads its lines one by one, as from a terminal
        input=f"set -eo pipefail\n{script}",
        text=True,
        capture_output=True,
        check=False,
        cwd=folder,
        env={"PATH": f"{COMMANDS}:{os.environ['PATH']}", "HOME": str(folder)},
        timeout=100,
    )
    assert (done.returncode, done.stderr.strip()) == (0, ""), done.stdout
    printed = iter(done.stdout.splitlines())
    for expected in re.findall(r"# → (.*)", script):
        pattern = re.escape(expected).replace("…", ".*")
        assert any(re.fullmatch(pattern, line) for line in printed), (expected, done.stdout)


@pytest.mark.parametrize("page", pages_with("python"))
def test_python(page: Path) -> None:
    names: dict[str, object] = {"__name__": "documentation"}
    for block in blocks(page):
        if block.language == "python":
            code = compile(block.code, str(page), "exec", dont_inherit=True)
            if block.runs and not block.path:
                exec(code, names)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_blocks_are_of_known_languages_and_can_be_read(page: Path) -> None:
    for block in blocks(page):
        assert block.language in {"sh", "python", "text", *PARSERS}
        if parse := PARSERS.get(block.language):
            parse(block.code)
        elif block.language == "python":
            compile(block.code, str(page), "exec")
        elif block.language == "sh":
            subprocess.run(["bash", "-n"], input=block.code, text=True, check=True)

"""What runs have found, kept as JSON lines: one file per campaign, one line per run."""

from __future__ import annotations

import json
import sqlite3
import subprocess
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from platform import python_version
from typing import Any

from campaigns.campaign import Assignment, Engine, Outcome

FOLDER = Path(__file__).parent / "results"
_DISTRIBUTIONS = ("cms-core", "cms-posts", "cms-scheduler", "sqlalchemy", "asyncpg", "aiosqlite")


@dataclass(frozen=True, slots=True)
class Record:
    """One run: what was asked for, what was found, and on which code and servers."""

    assignment: Assignment
    #: The load that was asked for.
    parameters: dict[str, Any]
    outcome: Outcome
    versions: dict[str, str]
    commit: str
    date: str
    seconds: float

    @property
    def failure(self) -> str | None:
        """Why the run fails, None when it passes."""
        return self.outcome.failure(self.assignment.fault)

    def to_json(self) -> dict[str, Any]:
        """The record as one flat JSON object."""
        about = {"commit": self.commit, "date": self.date, "seconds": round(self.seconds, 1)}
        found = {**asdict(self.outcome), "passed": self.failure is None}
        asked = {**asdict(self.assignment), "parameters": self.parameters}
        return {**asked, **_rounded(found), "versions": self.versions, **about}


class Results:
    """The lines in a folder."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._folder = folder

    def append(self, record: Record) -> None:
        """Write one more line."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with self._path(record.assignment.campaign).open("a") as file:
            file.write(f"{json.dumps(record.to_json())}\n")

    def read(self, campaign: str) -> Iterator[dict[str, Any]]:
        """Yield the runs of a campaign in the order in which they were done."""
        path = self._path(campaign)
        if path.exists():
            yield from map(json.loads, path.read_text().splitlines())

    def holds(self, assignment: Assignment, parameters: dict[str, Any]) -> bool:
        """Whether this run was done before, with this load, and passed."""
        wanted = {**asdict(assignment), "parameters": parameters, "passed": True}
        return any(
            all(line.get(name) == value for name, value in wanted.items())
            for line in self.read(assignment.campaign)
        )

    def _path(self, campaign: str) -> Path:
        return self._folder / f"{campaign}.jsonl"


def present_versions(engine: Engine, server: str) -> dict[str, str]:
    """The versions of everything that takes part; `server` is PostgreSQL's own word."""
    database = sqlite3.sqlite_version if engine is Engine.SQLITE else server
    distributions = {name: version(name) for name in _DISTRIBUTIONS}
    return {"python": python_version(), str(engine): database, **distributions}


def present_commit() -> str:
    """The commit that the files are of, with a + when some were changed since."""
    try:
        commit = _git("rev-parse", "--short", "HEAD")
        changed = _git("status", "--porcelain", "--", "packages")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return f"{commit}+" if changed else commit


def now() -> str:
    """The present moment, to be kept in a record."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _git(*arguments: str) -> str:
    command = ["git", *arguments]
    done = subprocess.run(command, cwd=FOLDER.parent.parent, capture_output=True, check=True)
    return done.stdout.decode().strip()


def _rounded(found: dict[str, Any]) -> dict[str, Any]:
    for name in ("load", "figures"):
        found[name] = {key: round(value, 3) for key, value in found[name].items()}
    return found

"""What a benchmark finds: figures with what is asked of them."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

FOLDER = Path(__file__).parent / "results"


@dataclass(slots=True)
class Figure:
    """One value per round, at the median at least `floor`, or at most `limit`."""

    name: str
    unit: str
    floor: float | None = None
    limit: float | None = None
    values: list[float] = field(default_factory=list)
    #: What else was measured, by name and unit.
    details: dict[str, float] = field(default_factory=dict)
    #: Requests that were refused or failed: then the figure says nothing.
    errors: int = 0
    #: What the first of them was told.
    refusal: str = ""

    def fail(self, errors: int, refusal: str) -> None:
        """Note that so many requests got an error for an answer."""
        self.errors += errors
        self.refusal = self.refusal or refusal

    @property
    def reached(self) -> float:
        """The median of all rounds."""
        return median(self.values)

    @property
    def kept(self) -> bool:
        """Whether what is asked was reached, without errors."""
        if self.errors or not self.values:
            return False
        enough = self.floor is None or self.reached >= self.floor
        little = self.limit is None or self.reached <= self.limit
        return enough and little


@dataclass(frozen=True, slots=True)
class Report:
    """All figures of one benchmark, and how they came about."""

    benchmark: str
    figures: Sequence[Figure]
    #: How much was measured, and with what.
    parameters: Mapping[str, Any]
    #: What whoever reads the figures has to know.
    remarks: Sequence[str] = ()
    commit: str = ""
    date: str = ""
    python: str = ""
    cpus: int = 0

    @property
    def kept(self) -> bool:
        """Whether all that is asked was reached."""
        return all(figure.kept for figure in self.figures)

    def to_json(self) -> str:
        """Return the report as JSON."""
        figures = [asdict(figure) | {"kept": figure.kept} for figure in self.figures]
        for each in figures:
            each["values"] = [float(f"{value:.4g}") for value in each["values"]]
        return json.dumps(asdict(self) | {"figures": figures}, indent=2) + "\n"


def report(
    benchmark: str,
    figures: Sequence[Figure],
    parameters: Mapping[str, Any],
    remarks: Sequence[str] = (),
) -> Report:
    """Return a report of now, on the code as it stands."""
    return Report(
        benchmark=benchmark,
        figures=figures,
        parameters=parameters,
        remarks=remarks,
        commit=_commit(),
        date=f"{datetime.now(UTC):%Y-%m-%d}",
        python=platform.python_version(),
        cpus=os.cpu_count() or 0,
    )


def keep(found: Report, folder: Path = FOLDER) -> None:
    """Keep a report in place of the last one of that benchmark."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{found.benchmark}.json").write_text(found.to_json())


def kept(benchmark: str, folder: Path = FOLDER) -> Report | None:
    """Return the kept report of a benchmark."""
    path = folder / f"{benchmark}.json"
    if not path.exists():
        return None
    plain = json.loads(path.read_text())
    for each in plain["figures"]:
        del each["kept"]
    return Report(**{**plain, "figures": [Figure(**each) for each in plain["figures"]]})


def _commit() -> str:
    """The commit that is measured. Figures that were kept a moment ago do not make it another."""
    try:
        head = _git("rev-parse", "--short", "HEAD")
        changed = _git("status", "--porcelain", "--", "../packages", "*.py")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return f"{head}-dirty" if changed else head


def _git(*arguments: str) -> str:
    command = ("git", *arguments)
    done = subprocess.run(command, cwd=FOLDER.parent, capture_output=True, text=True, check=True)
    return done.stdout.strip()

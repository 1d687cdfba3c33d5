"""The figures of docs/campaigns.md, written from the kept results."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from campaigns.catalogue import CAMPAIGNS
from campaigns.faults import FAULTS
from campaigns.results import Results

PAGE = Path(__file__).parents[1] / "docs" / "campaigns.md"
#: What stands above it in the page is written by people.
NOTE = "<!-- Below this line `python -m campaigns report --write` writes what the results say. -->"
#: Figures whose worst value over all seeds is told, and how.
LATENESS = ("late_p50", "late_p99", "late_max")

Line = Mapping[str, Any]


def tables(results: Results) -> str:
    """Return the tables of all campaigns."""
    lines = [line for name in CAMPAIGNS for line in _last_of_each_seed(results.read(name))]
    sums = ("campaign", "engine", "seeds", "cases", "done to it", "load", "violations")
    parts = [
        "## All runs",
        _table(sums, _sums(lines)),
        "## Lateness",
        _table(("campaign", "engine", "seed", "median s", "99 % s", "most s"), _lateness(lines)),
        "## Planted faults",
        _table(("fault", "caught by", "on", "what it does"), _faults()),
        "## What it ran on",
        _table(("campaign", "engine", "date", "commit", "versions"), _circumstances(lines)),
    ]
    return "\n\n".join(parts)


def current(results: Results) -> str:
    """Return the whole page as it should be."""
    return f"{PAGE.read_text().partition(NOTE)[0]}{NOTE}\n\n{tables(results)}\n"


def write(results: Results) -> None:
    """Write the tables into the page."""
    PAGE.write_text(current(results))


def _last_of_each_seed(lines: Iterable[Line]) -> list[Line]:
    """The present word on each seed; runs with a planted fault are no figures."""
    last = {(*_row_of(line), line["seed"]): line for line in lines if line["fault"] is None}
    return [last[key] for key in sorted(last)]


def _row_of(line: Line) -> tuple[str, str, str]:
    return (line["campaign"], line["variant"], line["engine"])


def _grouped(lines: Sequence[Line]) -> Iterator[tuple[str, str, list[Line]]]:
    for (campaign, variant, engine), runs in groupby(lines, _row_of):
        yield f"{campaign}, {variant}", engine, list(runs)


def _sums(lines: Sequence[Line]) -> Iterator[Sequence[str]]:
    for name, engine, runs in _grouped(lines):
        yield (
            name,
            engine,
            ", ".join(str(run["seed"]) for run in runs),
            f"{sum(run['cases'] for run in runs):,}",
            _total(run["injected"] for run in runs),
            _total(run["load"] for run in runs),
            _total((run["violations"] for run in runs), nothing="0"),
        )


def _total(counts: Iterable[Mapping[str, int | float]], nothing: str = "none") -> str:
    """Counts are added up; of shares and rates, which are no whole numbers, the least is told."""
    total: dict[str, int | float] = {}
    for count in counts:
        for name, value in count.items():
            if isinstance(value, float):
                total[name] = min(total.get(name, value), value)
            else:
                total[name] = total.get(name, 0) + value
    told = [f"{_shown(value)} {name.replace('_', ' ')}" for name, value in total.items() if value]
    return ", ".join(told) or nothing


def _shown(value: int | float) -> str:
    return f"{value:,.2f}" if isinstance(value, float) else f"{value:,}"


def _lateness(lines: Sequence[Line]) -> Iterator[Sequence[str]]:
    for name, engine, runs in _grouped(lines):
        for run in runs:
            if "late_p99" in run["figures"]:
                late = [f"{run['figures'][each]:.3f}" for each in LATENESS]
                yield (name, engine, str(run["seed"]), *late)


def _faults() -> Iterator[Sequence[str]]:
    for fault in FAULTS.values():
        engines = ", ".join(fault.engines)
        yield (f"`{fault.name}`", f"{fault.campaign}, {fault.variant}", engines, fault.what)


def _circumstances(lines: Sequence[Line]) -> Iterator[Sequence[str]]:
    for name, engine, runs in _grouped(lines):
        last = max(runs, key=lambda run: str(run["date"]))
        versions = ", ".join(f"{key} {value}" for key, value in last["versions"].items())
        yield (name, engine, last["date"], f"`{last['commit']}`", versions)


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)

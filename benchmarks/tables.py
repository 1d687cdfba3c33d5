"""Figures as tables, for people at a terminal and for Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rich.table import Table

from benchmarks.figures import Figure, Report

HEADINGS = ("what", "asked", "reached", "rounds", "verdict")


def terminal(report: Report) -> Table:
    """Return the table that is printed after a run."""
    headings, rows = _parts(report)
    table = Table(*headings, title=report.benchmark)
    for row in rows:
        table.add_row(*row)
    return table


def markdown(report: Report) -> str:
    """Return the table for a page."""
    headings, rows = _parts(report)
    numbers = ["---:"] * (len(headings) - 2)
    lines: Iterable[Sequence[str]] = [headings, ["---", *numbers, "---"], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def number(value: float) -> str:
    """Return a number as short as it says something: 12,345 or 0.0123."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) < 1 else f"{value:.1f}"


def verdict(figure: Figure) -> str:
    """Return in a word whether a figure is what is asked."""
    if figure.errors:
        return f"{figure.errors:,} errors"
    if figure.floor is None and figure.limit is None:
        return ""
    return "kept" if figure.kept else "missed"


def _parts(report: Report) -> tuple[list[str], list[list[str]]]:
    details = list(dict.fromkeys(name for each in report.figures for name in each.details))
    headings = [*HEADINGS[:-1], *details, HEADINGS[-1]]
    return headings, [list(_row(figure, details)) for figure in report.figures]


def _row(figure: Figure, details: Sequence[str]) -> Iterator[str]:
    yield figure.name
    yield _asked(figure)
    yield f"{number(figure.reached)} {figure.unit}"
    yield f"{number(min(figure.values))}…{number(max(figure.values))}"
    for name in details:
        yield number(figure.details[name]) if name in figure.details else ""
    yield verdict(figure)


def _asked(figure: Figure) -> str:
    if figure.floor is not None:
        return f"≥ {number(figure.floor)}"
    return f"≤ {number(figure.limit)}" if figure.limit is not None else ""

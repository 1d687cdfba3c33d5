"""docs/benchmarks.md and its picture, written from the kept figures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from benchmarks import figures
from benchmarks.catalogue import BENCHMARKS
from benchmarks.figures import Report
from benchmarks.plot import draw
from benchmarks.tables import markdown

PAGE = Path(__file__).parents[1] / "docs" / "benchmarks.md"
PICTURE = PAGE.with_suffix(".svg")
#: What stands above it in the page is written by people.
NOTE = "<!-- Below this line `python -m benchmarks report --write` writes what was measured. -->"


def kept_reports() -> list[Report]:
    """Return the last kept report of each benchmark."""
    found = map(figures.kept, BENCHMARKS)
    return [report for report in found if report is not None]


def tables(reports: Sequence[Report]) -> str:
    """Return a chapter for each report, and the picture before them."""
    if not reports:
        return "No figures are kept yet."
    picture = f"![Each figure with its floor, by ratio to bare]({PICTURE.name})"
    return "\n\n".join(["## Figures", picture, *map(_chapter, reports)])


def current() -> str:
    """Return the whole page as it should be."""
    above = PAGE.read_text().partition(NOTE)[0]
    return f"{above}{NOTE}\n\n{tables(kept_reports())}\n"


def write() -> None:
    """Write the figures into the page, and draw the picture."""
    PAGE.write_text(current())
    if reports := kept_reports():
        PICTURE.write_text(draw(reports))


def _chapter(report: Report) -> str:
    asked = report.parameters
    amount = f"{asked['rounds']} rounds of {asked['seconds']} s, {asked['posts']:,} posts"
    circumstances = f"{asked['load']}, Python {report.python}, {report.cpus} processors"
    when = f"{report.date}, commit `{report.commit}`"
    return f"### {report.benchmark.capitalize()}\n\n{amount}; {circumstances}; {when}.\n\n" + (
        markdown(report)
    )

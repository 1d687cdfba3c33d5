"""A picture of the ratios to bare: what was reached, how it spread, and what is asked."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from html import escape

from benchmarks.figures import Figure, Report
from benchmarks.tables import number

#: Of each line, of all text at its left, of the axis, around everything.
LINE, LABELS, WIDTH, MARGIN = 22, 240, 560, 20
#: The axis is logarithmic: a write and a cached read are both to be seen.
LOW, HIGH = 0.001, 1.5
TICKS = (0.001, 0.01, 0.1, 1.0)
_STYLE = """
text { font: 12px sans-serif; fill: #57606a } line { stroke: #8c959f }
.grid { stroke-dasharray: 2 3 } .asked { stroke: #bf8700; stroke-width: 3 }
.spread { stroke-width: 2 } .kept { fill: #1a7f37 } .missed { fill: #cf222e }
"""


def draw(reports: Sequence[Report]) -> str:
    """Return a picture (SVG) of all figures that are ratios to bare."""
    figures = [
        figure for report in reports for figure in report.figures if figure.unit == "of bare"
    ]
    bottom = MARGIN + LINE * len(figures)
    width, height = LABELS + WIDTH + 2 * MARGIN, bottom + 3 * MARGIN
    lines = [line for place, each in enumerate(figures) for line in _figure(each, place)]
    legend = "dot: the median, line: all rounds, bar: what is asked; ratio to bare, logarithmic"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">',
        f"<title>Ratios to bare</title><style>{_STYLE}</style>",
        *_grid(bottom),
        *lines,
        f'<text x="{LABELS + MARGIN}" y="{bottom + 2 * MARGIN}">{legend}</text>',
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def place_of(ratio: float) -> float:
    """Return where a ratio stands on the axis; what is beyond an end, at that end."""
    share = math.log(min(max(ratio, LOW), HIGH) / LOW) / math.log(HIGH / LOW)
    return round(MARGIN + LABELS + share * WIDTH, 1)


def _grid(bottom: int) -> Iterator[str]:
    for tick in TICKS:
        x = place_of(tick)
        yield f'<line class="grid" x1="{x}" x2="{x}" y1="{MARGIN}" y2="{bottom}"/>'
        yield f'<text x="{x}" y="{bottom + 16}" text-anchor="middle">{tick:g}</text>'


def _figure(figure: Figure, place: int) -> Iterator[str]:
    y = MARGIN + LINE * place + LINE // 2
    least, most = place_of(min(figure.values)), place_of(max(figure.values))
    x = place_of(figure.reached)
    yield f'<text x="{MARGIN}" y="{y + 4}">{escape(figure.name)}</text>'
    yield f'<line class="spread" x1="{least}" x2="{most}" y1="{y}" y2="{y}"/>'
    if figure.floor is not None:
        asked = place_of(figure.floor)
        yield f'<line class="asked" x1="{asked}" x2="{asked}" y1="{y - 7}" y2="{y + 7}"/>'
    verdict = "kept" if figure.kept else "missed"
    told = f"<title>{number(figure.reached)} of bare</title>"
    yield f'<circle class="{verdict}" cx="{x}" cy="{y}" r="4">{told}</circle>'

"""What is asked is compared with the median; kept figures come back as they were."""

from __future__ import annotations

from pathlib import Path

import pytest
from benchmarks import figures
from benchmarks.figures import Figure, Report


def test_the_median_of_the_rounds_counts() -> None:
    assert Figure("post", "of bare", values=[0.1, 0.9, 0.6]).reached == 0.6


@pytest.mark.parametrize(
    ("figure", "kept"),
    [
        (Figure("at the floor", "of bare", floor=0.6, values=[0.6]), True),
        (Figure("below the floor", "of bare", floor=0.6, values=[0.59]), False),
        (Figure("at the limit", "MiB", limit=120, values=[120.0]), True),
        (Figure("above the limit", "MiB", limit=120, values=[121.0]), False),
        (Figure("nothing is asked", "of bare", values=[0.01]), True),
        (Figure("nothing was measured", "of bare", floor=0.6), False),
    ],
    ids=lambda each: each.name if isinstance(each, Figure) else "",
)
def test_whether_it_is_kept(figure: Figure, kept: bool) -> None:
    assert figure.kept is kept


def test_a_figure_with_errors_is_not_kept() -> None:
    figure = Figure("post", "of bare", floor=0.6, values=[0.7])
    figure.fail(1, "service-unavailable")
    figure.fail(2, "too-many-requests")

    assert not figure.kept
    assert (figure.errors, figure.refusal) == (3, "service-unavailable")


def test_a_report_is_kept_only_with_all_its_figures() -> None:
    good = Figure("good", "of bare", floor=0.6, values=[0.7])
    bad = Figure("bad", "of bare", floor=0.6, values=[0.5])

    assert Report("reads", [good], {}).kept
    assert not Report("reads", [good, bad], {}).kept


def test_a_kept_report_comes_back(tmp_path: Path) -> None:
    figure = Figure("post", "of bare", floor=0.6, values=[0.5, 0.25], details={"CPU ms": 0.1})
    report = figures.report("reads", [figure], {"rounds": 2}, ["a remark"])

    figures.keep(report, tmp_path)

    assert figures.kept("reads", tmp_path) == report
    assert figures.kept("writes", tmp_path) is None

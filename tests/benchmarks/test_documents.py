"""The page says what the kept figures say, as tables and as a picture."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from benchmarks import documents, plot, tables
from benchmarks.figures import Figure, Report

PARAMETERS = {"rounds": 2, "seconds": 10, "posts": 10_000, "load": "wrk 4.1.0"}


@pytest.fixture
def report() -> Report:
    post = Figure("post, strict", "of bare", floor=0.6, values=[0.7, 0.65])
    slow = Figure("list, strict", "of bare", floor=0.6, values=[0.5], details={"CPU ms": 1.25})
    size = Figure("one idle process", "MiB", limit=120, values=[118.0])
    return Report("reads", [post, slow, size], PARAMETERS, commit="abc", python="3.11", cpus=2)


def test_the_page_is_up_to_date() -> None:
    """If not: ``python -m benchmarks report --write``."""
    assert documents.PAGE.read_text() == documents.current()


def test_the_picture_is_up_to_date() -> None:
    if reports := documents.kept_reports():
        assert documents.PICTURE.read_text() == plot.draw(reports)


def test_a_table_tells_what_is_asked_and_what_was_reached(report: Report) -> None:
    lines = tables.markdown(report).splitlines()

    assert lines[0] == "| what | asked | reached | rounds | CPU ms | verdict |"
    assert lines[2] == "| post, strict | ≥ 0.6 | 0.675 of bare | 0.65…0.7 |  | kept |"
    assert lines[3] == "| list, strict | ≥ 0.6 | 0.5 of bare | 0.5…0.5 | 1.2 | missed |"
    assert lines[4] == "| one idle process | ≤ 120 | 118 MiB | 118…118 |  | kept |"


def test_errors_are_told_instead_of_a_verdict(report: Report) -> None:
    report.figures[0].fail(1_200, "service-unavailable")

    assert "| 1,200 errors |" in tables.markdown(report)


@pytest.mark.parametrize(
    ("value", "shown"), [(12_345.6, "12,346"), (12.34, "12.3"), (0.69123, "0.691"), (0.6, "0.6")]
)
def test_numbers_are_short(value: float, shown: str) -> None:
    assert tables.number(value) == shown


def test_a_chapter_says_how_it_was_measured(report: Report) -> None:
    told = documents.tables([report])

    assert "2 rounds of 10 s, 10,000 posts; wrk 4.1.0, Python 3.11, 2 processors" in told
    assert "commit `abc`" in told


def test_the_picture_shows_the_ratios_alone(report: Report) -> None:
    picture = ElementTree.fromstring(plot.draw([report]))
    verdicts = [each.get("class") for each in picture.iter() if each.tag.endswith("circle")]

    assert verdicts == ["kept", "missed"]


def test_a_larger_ratio_stands_further_to_the_right() -> None:
    places = [plot.place_of(ratio) for ratio in (0.0001, 0.01, 0.1, 1.0, 9.0)]

    assert places == sorted(places)
    assert re.fullmatch(r"[\d.]+", str(places[0]))

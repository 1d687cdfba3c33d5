"""Range and If-Range."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cms_core import RangeNotSatisfiable
from cms_media.content.ranges import parse_range, range_applies

MODIFIED = datetime(2026, 3, 5, 7, 8, 9, 123456, UTC)
DATE = "Thu, 05 Mar 2026 07:08:09 GMT"


@pytest.mark.parametrize(
    ("header", "positions"),
    [
        ("bytes=0-0", range(1)),
        ("bytes=2-5", range(2, 6)),
        ("bytes=2-", range(2, 10)),
        ("bytes=0-99", range(10)),
        ("bytes=-3", range(7, 10)),
        ("bytes=-99", range(10)),
        ("Bytes= 2-5 ", range(2, 6)),
        ("bytes=0-" + "9" * 900, range(10)),
        ("bytes=-" + "9" * 900, range(10)),
        ("bytes=" + "0" * 900 + "-4", range(5)),
    ],
)
def test_one_range_is_served(header: str, positions: range) -> None:
    assert parse_range(header, 10) == positions


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "bytes",
        "bytes=",
        "bytes=-",
        "bytes=5-2",
        "bytes=50-20",
        "bytes=0-1,3-4",
        "bytes=0-1,",
        "bytes=a-b",
        "bytes=+1-2",
        "bytes=\u0661-\u0662",
        "bytes=0-1\n",
        "bytes =0-1",
        "lines=0-1",
        "bytes=--1",
        "bytes=0-" + "9" * 1000,
    ],
)
def test_what_is_not_one_range_means_the_whole_file(header: str | None) -> None:
    assert parse_range(header, 10) is None


@pytest.mark.parametrize(
    "header", ["bytes=10-", "bytes=10-20", "bytes=-0", "bytes=" + "9" * 900 + "-"]
)
def test_a_range_beyond_the_end_is_refused_with_the_length(header: str) -> None:
    with pytest.raises(RangeNotSatisfiable) as caught:
        parse_range(header, 10)
    assert caught.value.size == 10


@pytest.mark.parametrize("header", ["bytes=0-", "bytes=-1", "bytes=5-9"])
def test_an_empty_file_is_always_sent_as_a_whole(header: str) -> None:
    assert parse_range(header, 0) is None


HEADERS = st.text() | st.from_regex(r"bytes=[0-9]{0,25}-[0-9]{0,25}(,-?[0-9]*)?", fullmatch=True)


@given(HEADERS, st.integers(0, 10**15))
def test_every_range_lies_within_the_file(header: str, size: int) -> None:
    try:
        positions = parse_range(header, size)
    except RangeNotSatisfiable:
        return
    assert positions is None or 0 <= positions.start < positions.stop <= size


@pytest.mark.parametrize("if_range", [None, '"abc"', ' "abc" ', DATE])
def test_a_range_applies_to_the_file_that_the_client_has(if_range: str | None) -> None:
    assert range_applies(if_range, '"abc"', MODIFIED)


@pytest.mark.parametrize(
    "if_range",
    [
        "",
        '"abd"',
        'W/"abc"',
        "abc",
        '"abc", "abd"',
        "*",
        "Thu, 05 Mar 2026 07:08:10 GMT",
        "Thu, 05 Mar 2026 07:08:08 GMT",
        "Thursday, 05-Mar-26 07:08:09 GMT",
    ],
)
def test_a_range_of_another_file_does_not_apply(if_range: str) -> None:
    assert not range_applies(if_range, '"abc"', MODIFIED)


def test_a_weak_tag_never_matches() -> None:
    assert not range_applies('W/"abc"', 'W/"abc"', MODIFIED)
    assert not range_applies('"abc"', 'W/"abc"', MODIFIED)


def test_dates_are_compared_in_utc() -> None:
    there = MODIFIED.astimezone(timezone(timedelta(hours=5)))
    assert range_applies(DATE, '"abc"', there)


@given(st.text())
def test_no_header_raises_anything(if_range: str) -> None:
    range_applies(if_range, '"abc"', MODIFIED)

"""Instants that clients send."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cms_core.http.instants import parse_instant


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-23T08:30:00Z", datetime(2026, 11, 23, 8, 30, tzinfo=UTC)),
        ("2026-11-23t08:30:00z", datetime(2026, 11, 23, 8, 30, tzinfo=UTC)),
        ("2026-11-23T08:30:00+01:00", datetime(2026, 11, 23, 7, 30, tzinfo=UTC)),
        ("2026-11-23T08:30:00.5Z", datetime(2026, 11, 23, 8, 30, 0, 500_000, tzinfo=UTC)),
        ("2026-11-23T08:30:00.123456789Z", datetime(2026, 11, 23, 8, 30, 0, 123456, tzinfo=UTC)),
    ],
)
def test_rfc_3339_is_read_as_utc(text: str, expected: datetime) -> None:
    assert parse_instant(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-23T08:30:00",
        "2026-11-23",
        "0.5",
        "1700000000",
        "2026-13-01T00:00:00Z",
        "2026-11-23T25:00:00Z",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "",
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"instant|no such date"):
        parse_instant(text)


@pytest.mark.parametrize("value", [0, 1.5, None, True, datetime.now(UTC).replace(tzinfo=None)])
def test_numbers_and_naive_times_are_refused(value: object) -> None:
    with pytest.raises(ValueError, match="with its offset"):
        parse_instant(value)


@given(st.datetimes(timezones=st.just(UTC)))
def test_what_we_write_is_read_back(moment: datetime) -> None:
    assert parse_instant(moment.isoformat()) == moment

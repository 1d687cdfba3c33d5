"""Every IANA zone's changes from 2026 to 2036, against arithmetic that goes the other way.

`resolve` asks which instant a wall time means. Here the offset in force at an instant is all that
is asked of `zoneinfo`, and the instants that show a time are found by trying every offset.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from io import BytesIO
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cms_scheduler.errors import SkippedLocalTime
from cms_scheduler.zones import resolve, resolve_leniently

DATA = files("tzdata")
NAMES = sorted((DATA / "zones").read_text().split())
EPOCH = datetime.fromisoformat("1970-01-01T00:00:00")
START = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp())
END = int(datetime(2037, 1, 1, tzinfo=UTC).timestamp())
#: Seconds: no zone changes its offset and takes it back within so short a time.
STEP = 4 * 24 * 3600


def rules_of(name: str) -> bytes:
    return DATA.joinpath("zoneinfo", name).read_bytes()


class Scanned:
    """A zone as the offset from UTC, in seconds, at each instant of the years in question."""

    def __init__(self, name: str, rules: bytes) -> None:
        self.name = name
        self._zone = ZoneInfo.from_file(BytesIO(rules))
        self.changes = list(self._changes())
        self.offsets = {self.offset(START), *map(self.offset, self.changes)}

    def offset(self, instant: int) -> int:
        shown = datetime.fromtimestamp(instant, self._zone).replace(tzinfo=None)
        return round((shown - EPOCH).total_seconds()) - instant

    def _changes(self) -> Iterator[int]:
        """The first instants of new offsets."""
        offsets = ((instant, self.offset(instant)) for instant in range(START, END, STEP))
        for (low, before), (high, after) in pairwise(offsets):
            if before != after:
                span = range(low, high)
                yield low + bisect_left(span, True, key=lambda each: self.offset(each) != before)

    def instants(self, local: int) -> list[int]:
        """All instants at which clocks show a time, given as seconds since 1970 on the clock."""
        candidates = sorted(local - offset for offset in self.offsets)
        return [each for each in candidates if each + self.offset(each) == local]

    def times_around_changes(self) -> Iterator[int]:
        for change in self.changes:
            edges = change + self.offset(change - 1), change + self.offset(change)
            first, last = sorted(edges)
            middle = (first + last) // 2
            yield from (first - 3600, first - 1, first, middle, last - 1, last, last + 3600)


@cache
def scanned(name: str) -> Scanned:
    return Scanned(name, rules_of(name))


def check(zone: Scanned, name: str, local: int) -> None:
    text = (EPOCH + timedelta(seconds=local)).isoformat()
    instants = zone.instants(local)
    if instants:
        assert int(resolve(text, name).timestamp()) == instants[0], (name, text)
        assert resolve_leniently(text, name) == resolve(text, name)
        return
    change = next(each for each in zone.changes if each + zone.offset(each) > local)
    assert change + zone.offset(change - 1) <= local, (name, text)
    assert int(resolve_leniently(text, name).timestamp()) == change, (name, text)
    with pytest.raises(SkippedLocalTime):
        resolve(text, name)


def test_around_every_change_of_every_zone() -> None:
    distinct = {rules_of(name): name for name in NAMES}
    gaps = folds = 0

    for name in distinct.values():
        zone = scanned(name)
        for local in zone.times_around_changes():
            check(zone, name, local)
            gaps += not zone.instants(local)
            folds += len(zone.instants(local)) > 1

    assert len(distinct) > 300
    assert gaps > 1000
    assert folds > 1000


def test_every_name_has_rules() -> None:
    assert {resolve("2027-06-15T12:00", name).tzinfo for name in NAMES} == {UTC}


@given(st.sampled_from(NAMES), st.integers(START + STEP, END - 2 * STEP))
def test_at_any_time_in_any_zone(name: str, local: int) -> None:
    check(scanned(name), name, local)

"""Wall times: what clocks show, by rules that are the same on every machine."""

from __future__ import annotations

import pytest

from cms_core import Invalid
from cms_scheduler.errors import BadLocalTime, SkippedLocalTime, UnknownTimeZone
from cms_scheduler.zones import resolve, resolve_leniently, zones_fault


def test_a_time_is_that_of_its_zone_on_that_day() -> None:
    assert resolve("2027-01-15T09:30", "Europe/Paris").isoformat() == "2027-01-15T08:30:00+00:00"
    assert resolve("2027-07-15T09:30:15", "Europe/Paris").isoformat() == "2027-07-15T07:30:15+00:00"


def test_of_two_instants_that_clocks_show_alike_the_first_counts() -> None:
    assert resolve("2027-10-31T02:30", "Europe/Paris").isoformat() == "2027-10-31T00:30:00+00:00"


def test_a_time_that_clocks_skip_is_refused_with_its_neighbours() -> None:
    with pytest.raises(SkippedLocalTime) as refused:
        resolve("2027-03-28T02:30", "Europe/Paris")

    assert refused.value.errors[0].pointer == "/at/local"
    assert "2027-03-28T01:59:59 is followed by 2027-03-28T03:00:00" in str(refused.value)


@pytest.mark.parametrize("local", ["2027-03-28T02:00", "2027-03-28T02:30", "2027-03-28T02:59:59"])
def test_a_time_that_new_rules_skip_is_the_end_of_the_gap(local: str) -> None:
    assert resolve_leniently(local, "Europe/Paris").isoformat() == "2027-03-28T01:00:00+00:00"


def test_a_whole_day_can_be_skipped() -> None:
    assert resolve_leniently("2011-12-30T12:00", "Pacific/Apia").isoformat() == (
        "2011-12-30T10:00:00+00:00"
    )


@pytest.mark.parametrize(
    "local",
    [
        "",
        "2027-03-28",
        "2027-03-28 09:30",
        "2027-03-28T09",
        "2027-03-28T0930",
        "2027-03-28T09:30Z",
        "2027-03-28T09:30+01:00",
        "2027-03-28T09:30:00.5",
        "2027-03-28T09:30:00\n",
        "2027-3-28T09:30",
        "2027-W12-7T09:30",
        "٢٠٢٧-03-28T09:30",
        "2027-02-29T09:30",
        "2027-03-28T24:00",
        "2027-03-28T09:60",
        "2027-03-28T09:30:60",
        "0000-01-01T00:00",
        "10000-01-01T00:00",
    ],
)
def test_what_no_clock_shows_is_refused(local: str) -> None:
    with pytest.raises(BadLocalTime):
        resolve(local, "Europe/Paris")


@pytest.mark.parametrize(
    ("local", "time_zone"),
    [("9999-12-31T23:59", "America/New_York"), ("0001-01-01T00:00", "Asia/Tokyo")],
)
def test_the_ends_of_time_are_refused(local: str, time_zone: str) -> None:
    for resolution in (resolve, resolve_leniently):
        with pytest.raises(BadLocalTime):
            resolution(local, time_zone)


def test_the_last_minute_that_can_be_told_is_accepted() -> None:
    assert resolve("9999-12-31T23:59", "UTC").year == 9999


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "Europe",
        "Europe/",
        "europe/paris",
        "Europe/Atlantis",
        "localtime",
        "posixrules",
        "zones",
        "tzdata.zi",
        "../zones",
        "Europe/../Europe/Paris",
        "/etc/localtime",
        "/usr/share/zoneinfo/Europe/Paris",
        "Europe\\Paris",
        "Europe/Paris\0",
        "UTC+1",
        "+01:00",
        "CET-1CEST",
    ],
)
def test_names_that_the_database_does_not_have_are_unknown(name: str) -> None:
    with pytest.raises(UnknownTimeZone) as refused:
        resolve("2027-03-28T09:30", name)

    assert refused.value.errors[0].pointer == "/at/time_zone"
    assert isinstance(refused.value, Invalid)


async def test_a_machine_with_zone_data_has_no_fault() -> None:
    assert await zones_fault() is None


async def test_a_zone_that_is_missing_is_named_with_the_remedy() -> None:
    fault = await zones_fault(["Europe/Atlantis"])

    assert fault == (
        "the time zone Europe/Atlantis is unknown here; install the distribution tzdata"
    )

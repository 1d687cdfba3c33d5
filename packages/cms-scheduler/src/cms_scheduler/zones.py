"""Wall times: the instant at which the clocks of a time zone show them.

The rules are those of the distribution `tzdata`, never the operating system's: processes with the
same distribution agree, wherever they run.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

import tzdata

from cms_scheduler.errors import BadLocalTime, SkippedLocalTime, UnknownTimeZone

#: The release of the IANA database that wall times are resolved with, such as ``2026b``.
RULES: str = tzdata.IANA_VERSION

_DATA = files("tzdata")
_NAMES = frozenset((_DATA / "zones").read_text(encoding="utf-8").split())
_FORM = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2})?")
_SECOND = timedelta(seconds=1)

#: One zone of each hemisphere's rules; a data set that lacks them is not the IANA database.
_EXPECTED = ("Europe/Paris", "America/New_York", "Australia/Lord_Howe")


def resolve(local: str, time_zone: str) -> datetime:
    """Return the instant (UTC) at which clocks of the zone show the time.

    Where clocks are put back they show it twice: the first of the two instants. Where they are put
    forward past it, raises `SkippedLocalTime`. Raises `BadLocalTime` or `UnknownTimeZone`.
    """

    def refuse(end: datetime, zone: ZoneInfo) -> datetime:
        before, after = (_shown(moment, zone) for moment in (end - _SECOND, end))
        times = f"{before.isoformat()} is followed by {after.isoformat()}"
        raise SkippedLocalTime.at("/at/local", f"clocks are put forward: {times}")

    return _resolve(local, time_zone, refuse)


def resolve_leniently(local: str, time_zone: str) -> datetime:
    """The same for a time that was valid by older rules: one that is skipped now is the gap's end.

    Raises `BadLocalTime` or `UnknownTimeZone`.
    """
    return _resolve(local, time_zone, lambda end, _: end)


def _resolve(
    local: str, time_zone: str, in_gap: Callable[[datetime, ZoneInfo], datetime]
) -> datetime:
    zone, time = _zone(time_zone), _parse(local)
    try:
        instants = _instants(time, zone)
        return instants[0] if instants else in_gap(_end_of_gap(time, zone), zone)
    except OverflowError:
        raise BadLocalTime.at("/at/local", "between the years 1 and 9999 of UTC") from None


@cache
def _zone(name: str) -> ZoneInfo:
    # Known names only: anything else would be looked for among the files of this machine.
    if name not in _NAMES:
        raise UnknownTimeZone.at("/at/time_zone", "an IANA name, such as Europe/Paris")
    with _DATA.joinpath("zoneinfo", *name.split("/")).open("rb") as rules:
        return ZoneInfo.from_file(rules, key=name)


def _parse(local: str) -> datetime:
    if not _FORM.fullmatch(local):
        form = "a date and a time of day without an offset, such as 2027-03-28T09:30"
        raise BadLocalTime.at("/at/local", form)
    try:
        return datetime.fromisoformat(local)
    except ValueError:
        raise BadLocalTime.at("/at/local", "no such date or time of day") from None


def _instants(time: datetime, zone: ZoneInfo) -> list[datetime]:
    """The instants at which clocks show the time, in order: one, two in a fold, none in a gap."""
    return sorted({each for each in _guesses(time, zone) if _shown(each, zone) == time})


def _end_of_gap(time: datetime, zone: ZoneInfo) -> datetime:
    """The first instant at which clocks show more than a time that they skip."""
    # Python reads such a time by the offsets before and after the gap: one instant on each side.
    early, late = (int(each.timestamp()) for each in _guesses(time, zone))
    seconds = range(early, late)
    skipped = bisect_left(
        seconds, True, key=lambda second: _shown(datetime.fromtimestamp(second, UTC), zone) > time
    )
    return datetime.fromtimestamp(early + skipped, UTC)


def _guesses(time: datetime, zone: ZoneInfo) -> list[datetime]:
    return sorted(time.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))


def _shown(instant: datetime, zone: ZoneInfo) -> datetime:
    return instant.astimezone(zone).replace(tzinfo=None, fold=0)


async def zones_fault(expected: Sequence[str] = _EXPECTED) -> str | None:
    """Say which time zone this machine does not know; None when the data are there."""
    for name in expected:
        try:
            _zone(name)
        except (UnknownTimeZone, OSError):
            return f"the time zone {name} is unknown here; install the distribution tzdata"
    return None

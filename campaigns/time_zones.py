"""Wall times mean what the IANA database says, at every change of every zone."""

from __future__ import annotations

import random
import zoneinfo
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.resources import files

from campaigns.arena import Arena
from campaigns.campaign import Campaign, Engine, Outcome, Size
from campaigns.progress import bar
from campaigns.violations import Violations
from cms_scheduler import errors, zones

BEGIN, END = datetime(2026, 1, 1, tzinfo=UTC), datetime(2037, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Load:
    #: Days between two looks at a zone: a change is found wherever the offset differs.
    step: int
    #: Wall times of each zone beside those around its changes.
    others: int


@dataclass(frozen=True, slots=True)
class Turn:
    """The first instant of a new offset."""

    at: datetime
    before: timedelta
    after: timedelta

    @property
    def walls(self) -> Iterator[datetime]:
        """Wall times in the gap or fold, at its edges, and beside them."""
        first, last = sorted(
            self.at.replace(tzinfo=None) + each for each in (self.before, self.after)
        )
        for wall in (first, first + (last - first) // 2, last):
            yield from (wall - _SECOND, wall, wall + _SECOND)


def run(arena: Arena, load: Load) -> Outcome:
    """Resolve wall times around every change and hold them against `zoneinfo`."""
    zoneinfo.reset_tzpath(to=())  # the distribution's rules, as the scheduler takes them
    chance = arena.chance("others")
    names = (files("tzdata") / "zones").read_text().split()
    found = Violations("wrong_instant", "gap_accepted", "refused")
    turns = walls = gaps = 0
    with bar("zones", len(names)) as progress:
        for name in names:
            zone = zoneinfo.ZoneInfo(name)
            changes = list(_turns(zone, load.step))
            turns += len(changes)
            for wall in _walls(changes, chance, load.others):
                walls += 1
                gaps += _check(name, zone, wall, changes, found)
            progress.advance()
    return Outcome(
        cases=walls,
        load={"zones": len(names), "changes": turns, "in_gaps": gaps},
        floors={"zones": 400, "changes": 3000, "in_gaps": 1000},
        violations=found.counts,
        examples=found.examples,
    )


def _turns(zone: zoneinfo.ZoneInfo, step: int) -> Iterator[Turn]:
    earlier = BEGIN
    while earlier < END:
        later = earlier + timedelta(days=step)
        before, after = _offset(earlier, zone), _offset(later, zone)
        if before != after:
            yield Turn(_first_with_new(earlier, later, zone, before), before, after)
        earlier = later


def _first_with_new(
    earlier: datetime, later: datetime, zone: zoneinfo.ZoneInfo, before: timedelta
) -> datetime:
    while later - earlier > _SECOND:
        middle = earlier + timedelta(seconds=(later - earlier) // _SECOND // 2)
        if _offset(middle, zone) == before:
            earlier = middle
        else:
            later = middle
    return later


def _walls(changes: list[Turn], chance: random.Random, others: int) -> Iterator[datetime]:
    for turn in changes:
        yield from turn.walls
    seconds = (END - BEGIN) // _SECOND
    for _ in range(others):
        yield BEGIN.replace(tzinfo=None) + timedelta(seconds=chance.randrange(seconds))


def _check(
    name: str, zone: zoneinfo.ZoneInfo, wall: datetime, changes: list[Turn], found: Violations
) -> bool:
    """Compare one wall time; whether it lies in a gap."""
    expected = _first_instant(wall, zone, changes)
    try:
        instant = zones.resolve(wall.isoformat(), name)
    except errors.SkippedLocalTime:
        if expected is not None:
            found.note("refused", f"{wall} in {name} is {expected}")
    else:
        if expected is None:
            found.note("gap_accepted", f"{wall} in {name} was taken for {instant}")
        elif instant != expected:
            found.note("wrong_instant", f"{wall} in {name} is {expected}, not {instant}")
    return expected is None


def _first_instant(wall: datetime, zone: zoneinfo.ZoneInfo, changes: list[Turn]) -> datetime | None:
    """The first instant that shows this wall time: tried with every offset of the zone."""
    offsets = {_offset(BEGIN, zone)} | {turn.after for turn in changes}
    instants = (wall.replace(tzinfo=UTC) - offset for offset in offsets)
    shown = (each for each in instants if each.astimezone(zone).replace(tzinfo=None) == wall)
    return min(shown, default=None)


def _offset(instant: datetime, zone: zoneinfo.ZoneInfo) -> timedelta:
    shown = instant.astimezone(zone).replace(tzinfo=UTC)
    return shown - instant


TIME_ZONES = Campaign(
    name="time-zones",
    promise="Wall times mean what the IANA database says, at every change of every zone.",
    run=run,
    loads={
        (Size.CI, Engine.SQLITE): Load(step=4, others=10),
        (Size.FULL, Engine.SQLITE): Load(step=1, others=200),
    },
    variants=("all",),
)

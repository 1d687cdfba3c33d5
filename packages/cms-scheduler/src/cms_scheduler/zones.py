"""Time zones: a plan at a wall time needs the rules of its zone."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

#: One zone of each hemisphere's rules; a data set that lacks them is not the IANA database.
_EXPECTED = ("Europe/Paris", "America/New_York", "Australia/Lord_Howe")


async def zones_fault(expected: Sequence[str] = _EXPECTED) -> str | None:
    """Say which time zone this machine does not know; None when the data are there.

    Slim images have no zone data of their own; the distribution `tzdata` brings them.
    """
    for name in expected:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, OSError):
            return f"the time zone {name} is unknown here; install the distribution tzdata"
    return None

"""What can go wrong with wall times."""

from cms_core import Invalid


class BadLocalTime(Invalid):
    """This is not a wall time.

    Send the date and the time of day without an offset, such as `2027-03-28T09:30`, or
    `2027-03-28T09:30:15`; the zone is named beside it.
    """


class UnknownTimeZone(Invalid):
    """There is no time zone of this name.

    Use a name of the IANA database in its own capitals, such as `Europe/Paris` or `UTC`.
    """


class SkippedLocalTime(Invalid):
    """Clocks there never show this time: they are put forward past it.

    The message of the problem names the last time before the gap and the first one after it.
    """

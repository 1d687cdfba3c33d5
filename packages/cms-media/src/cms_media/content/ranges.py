"""Ranges of a file: the headers `Range` and `If-Range` (RFC 9110, sections 13.1.5 and 14)."""

import re
from datetime import UTC, datetime
from email.utils import format_datetime

from cms_core import RangeNotSatisfiable

#: Longest header that is looked at, in characters. It keeps numbers short, too.
MAX_HEADER = 1000

_RANGE = re.compile(r"bytes=[ \t]*([0-9]*)-([0-9]*)[ \t]*", re.IGNORECASE)


def parse_range(header: str | None, size: int) -> range | None:
    """Return the positions of the bytes to send of a file of `size` bytes; None for all of it.

    A header that is malformed, too long or asks for several ranges is ignored, as servers may,
    and so is every range of an empty file, which has none. Raises `RangeNotSatisfiable` when the
    range starts after the end.
    """
    match = _RANGE.fullmatch(header) if header and len(header) <= MAX_HEADER else None
    if match is None or size == 0 or not (match[1] or match[2]):
        return None
    if not match[1]:
        return _last(int(match[2]), size)
    return _between(int(match[1]), int(match[2]) if match[2] else None, size)


def range_applies(if_range: str | None, etag: str, modified: datetime) -> bool:
    """Whether the client's part is of the present file: only then the rest may be sent alone.

    `etag` is the whole tag with its quotes; weak ones never match. A date must be the same
    second as `modified`, an aware datetime, in the form that this server sends.
    """
    if if_range is None:
        return True
    validator = if_range.strip(" \t")
    if validator.startswith('"'):
        return validator == etag
    return validator == format_datetime(modified.astimezone(UTC), usegmt=True)


def _last(count: int, size: int) -> range:
    if count == 0:
        raise RangeNotSatisfiable(size=size)
    return range(max(size - count, 0), size)


def _between(first: int, last: int | None, size: int) -> range | None:
    if last is not None and last < first:
        return None
    if first >= size:
        raise RangeNotSatisfiable(size=size)
    return range(first, size if last is None else min(last + 1, size))

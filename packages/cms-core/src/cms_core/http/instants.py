"""Instants in requests: RFC 3339 with an offset, and nothing that merely resembles one."""

import re
from datetime import UTC, datetime
from typing import Annotated

from pydantic import BeforeValidator, WithJsonSchema

_RFC3339 = re.compile(r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})")


def parse_instant(value: object) -> datetime:
    """Return the instant in UTC, cut to microseconds.

    Raises `ValueError`, for naive times and for numbers too: guessing a zone or a unit is how
    posts get published an hour late.
    """
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC)
    if not isinstance(value, str) or not _RFC3339.fullmatch(value):
        raise ValueError("an instant with its offset, such as 2026-11-23T08:30:00Z")
    # Python takes up to six digits of a second, RFC 3339 any number.
    value = re.sub(r"(\.\d{6})\d+", r"\1", value.upper())
    try:
        return datetime.fromisoformat(value).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("no such date or time of day between the years 1 and 9999") from None


#: An instant that a client sends: RFC 3339 with an offset, in UTC once parsed.
InstantInput = Annotated[
    datetime,
    BeforeValidator(parse_instant),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]

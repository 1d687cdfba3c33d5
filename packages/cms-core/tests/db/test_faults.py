"""What the faults of a database are taken for."""

from __future__ import annotations

import asyncpg
import pytest

from cms_core.db.faults import Fault, classify, outages_as_unavailable
from cms_core.errors import Unavailable

ENDING = asyncpg.InternalClientError("cannot switch to state 12; another operation is in progress")


@pytest.mark.parametrize(
    "error",
    [
        ENDING,
        asyncpg.InterfaceError("connection is closed"),
        asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_connection_that_was_ended_is_gone(error: Exception) -> None:
    assert classify(error) is Fault.GONE


def test_who_meets_a_connection_that_is_just_ending_is_not_told_of_a_defect() -> None:
    with pytest.raises(Unavailable), outages_as_unavailable():
        raise ENDING

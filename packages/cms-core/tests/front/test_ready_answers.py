"""Ready answers and the connections that they are written to."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from cms_core.front.wire import write_ready


class LostTransport:
    """As uvloop's, between the loss of the connection and the turn in which it is told."""

    def is_closing(self) -> bool:
        return True

    def write(self, data: bytes) -> None:
        raise RuntimeError("the handler is closed")


def test_nothing_is_written_to_a_connection_that_was_just_lost() -> None:
    cycle = SimpleNamespace(
        disconnected=False, transport=LostTransport(), response_started=False, default_headers=[]
    )

    write_ready(cast(Any, cycle), 200, (), b"")

    assert not cycle.response_started

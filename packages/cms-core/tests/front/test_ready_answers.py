"""Ready answers and the connections that they are written to."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from cms_core.front.wire import cycle_of, write_ready


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


@pytest.mark.parametrize(("paused", "lost", "found"), [(0, 0, 1), (1, 0, 0), (0, 1, 0)])
def test_only_a_connection_that_takes_bytes_is_written_to_past_the_server(
    paused: bool, lost: bool, found: bool
) -> None:
    cycle = object.__new__(RequestResponseCycle)
    cycle.flow = cast(Any, SimpleNamespace(write_paused=bool(paused)))
    cycle.transport = cast(Any, SimpleNamespace(is_closing=lambda: bool(lost)))

    assert (cycle_of(cast(Any, cycle.send)) is cycle) == found


async def test_a_send_that_is_not_the_servers_is_called() -> None:
    async def send(message: Any) -> None:
        """As of another server, or of a middleware."""

    assert cycle_of(send) is None

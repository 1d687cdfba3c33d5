"""Ready answers on uvicorn's connections: all bytes at once, past its message by message."""

from __future__ import annotations

from starlette.types import Send
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle


def cycle_of(send: Send) -> RequestResponseCycle | None:
    """Return the request that uvicorn's `send` answers, if its client takes bytes now.

    None behind another server, or where somebody stands in between.
    """
    cycle = getattr(send, "__self__", None)
    if not isinstance(cycle, RequestResponseCycle):
        return None
    return None if cycle.flow.write_paused or cycle.transport.is_closing() else cycle


def write_ready(
    cycle: RequestResponseCycle, status: int, lines: tuple[bytes, ...], body: bytes
) -> None:
    """Write an answer in one piece and end it; `lines` are header lines, each with its end.

    It does what uvicorn does for the two messages of ASGI, without looking at every header again.
    """
    # A connection that is lost refuses bytes before uvicorn hears of it.
    transport = cycle.transport
    if cycle.disconnected or transport.is_closing():
        return
    last = b"\r\n" if cycle.keep_alive else b"connection: close\r\n\r\n"
    cycle.response_started = cycle.response_complete = True
    first = _first.lines(cycle.default_headers)
    transport.write(b"".join((STATUS_LINE[status], first, *lines, last, body)))
    cycle.message_event.set()
    if not cycle.keep_alive:
        transport.close()
    cycle.on_response()


class _First:
    """The lines that every answer begins with: the server makes their headers once a second."""

    def __init__(self) -> None:
        self._headers: list[tuple[bytes, bytes]] = []
        self._lines = b""

    def lines(self, headers: list[tuple[bytes, bytes]]) -> bytes:
        if headers is not self._headers:
            self._headers = headers
            self._lines = b"".join([b"%b: %b\r\n" % header for header in headers])
        return self._lines


_first = _First()

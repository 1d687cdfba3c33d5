"""What the front wants to know of a request's head, and what it refuses there."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from starlette.exceptions import HTTPException
from starlette.types import Scope

MAX_URL = 8 * 1024
MAX_HEADERS = 100
MAX_HEADER = 8 * 1024
MAX_HEAD = 32 * 1024

_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{8,64}")
# W3C Trace Context, version 00 and whatever later versions append.
_TRACEPARENT = re.compile(rb"(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}(-.*)?")


@dataclass(frozen=True, slots=True)
class Head:
    """The headers by name (the last of equal names), and the ids that the logs carry."""

    headers: dict[bytes, bytes]
    request_id: str
    trace_id: str | None

    @property
    def announces_body(self) -> bool:
        """Whether a body follows the head."""
        length = self.headers.get(b"content-length", b"0")
        return length != b"0" or b"transfer-encoding" in self.headers

    @property
    def ends_connection(self) -> bool:
        """Whether the client wants the connection closed after the answer."""
        return b"close" in self.headers.get(b"connection", b"").lower()


def read_head(scope: Scope) -> Head:
    """Return the head of a request; a client's own request id is taken over when well-formed."""
    headers = dict(scope["headers"])
    return Head(
        headers,
        request_id_of(headers.get(b"x-request-id", b"")),
        trace_id_of(headers.get(b"traceparent", b"")),
    )


def request_id_of(sent: bytes) -> str:
    """Return the id that was sent if it is harmless in headers and logs, else a new one."""
    if sent and _REQUEST_ID.fullmatch(sent):
        return sent.decode()
    return f"{random.getrandbits(128):032x}"  # nobody has to be kept from guessing it


def trace_id_of(sent: bytes) -> str | None:
    """Return the trace id of a ``traceparent`` header; None for one that is malformed."""
    match = _TRACEPARENT.fullmatch(sent)
    return match[1].decode() if match and match[1].strip(b"0") else None


def check_head(scope: Scope) -> None:
    """Raise `HTTPException` for a head that is too large, or whose path is no text.

    The server has read the head by now; what this bounds is what everything behind it sees.
    """
    raw_path: bytes = scope.get("raw_path") or b""
    query: bytes = scope["query_string"]
    if len(raw_path) + len(query) > MAX_URL:
        raise HTTPException(414)
    if not query.isascii() or not raw_path.isascii() or "\x00" in scope["path"]:
        raise HTTPException(400)
    if b"%" in raw_path and not _is_text(raw_path):
        raise HTTPException(400)
    sizes = [len(name) + len(value) for name, value in scope["headers"]]
    whole = sum(sizes)
    if len(sizes) > MAX_HEADERS or whole > MAX_HEAD:
        raise HTTPException(431)
    if whole > MAX_HEADER and max(sizes) > MAX_HEADER:
        raise HTTPException(431)


def _is_text(raw_path: bytes) -> bool:
    # The server has replaced what it could not decode: several paths would be one.
    try:
        unquote_to_bytes(raw_path).decode()
    except UnicodeDecodeError:
        return False
    return True

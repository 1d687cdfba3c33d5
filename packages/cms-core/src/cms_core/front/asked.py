"""What the head of a request says about a published answer, read in one pass."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cms_core.front.head import MAX_HEADER, MAX_HEADERS, MAX_URL, request_id_of

_OF_BODIES = frozenset({b"content-length", b"transfer-encoding", b"expect"})


class Asked:
    """The headers that matter, and whether there is more to it than them."""

    __slots__ = (
        "accept_encoding",
        "head_only",
        "if_none_match",
        "is_special",
        "request_id",
        "traceparent",
    )

    def __init__(self, scope: Mapping[str, Any]) -> None:
        self.accept_encoding = self.if_none_match = self.traceparent = request_id = b""
        headers, query = scope["headers"], scope["query_string"]
        size, body = len(query) + len(scope.get("raw_path") or b""), False
        for name, value in headers:
            size += len(value)
            if name == b"accept-encoding":
                self.accept_encoding = value
            elif name == b"if-none-match":
                self.if_none_match = value
            elif name == b"x-request-id":
                request_id = value
            elif name == b"traceparent":
                self.traceparent = value
            elif name in _OF_BODIES:
                body = True
        #: Whether it has to take the long way: it has a body, or may not be let in.
        self.is_special = (
            body
            or size > min(MAX_HEADER, MAX_URL) // 2
            or len(headers) > MAX_HEADERS // 2
            or not query.isascii()
            or "\ufffd" in scope["path"]  # what the server could not decode
        )
        self.request_id = request_id_of(request_id)
        self.head_only: bool = scope["method"] == "HEAD"

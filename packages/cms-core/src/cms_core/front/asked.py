"""What the head of a request says about a published answer, read in one pass."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain
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
        sent, query = scope["headers"], scope["query_string"]
        headers: dict[bytes, bytes] = dict(sent)
        get = headers.get
        self.accept_encoding = get(b"accept-encoding", b"")
        self.if_none_match = get(b"if-none-match", b"")
        self.traceparent = get(b"traceparent", b"")
        size = sum(map(len, chain.from_iterable(sent))) + len(scope.get("raw_path") or b"")
        #: Whether it has to take the long way: it has a body, or may not be let in.
        self.is_special = (
            size + len(query) > min(MAX_HEADER, MAX_URL) // 2
            or len(sent) > MAX_HEADERS // 2
            or not _OF_BODIES.isdisjoint(headers)
            or not query.isascii()
            or "\ufffd" in scope["path"]  # what the server could not decode
        )
        self.request_id = request_id_of(get(b"x-request-id", b""))
        self.head_only: bool = scope["method"] == "HEAD"

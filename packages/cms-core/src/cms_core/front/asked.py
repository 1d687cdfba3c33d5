"""What the head of a request says about a published answer, read in one pass."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain
from typing import Any

from cms_core.front.head import MAX_HEADER, MAX_HEADERS, MAX_URL, request_id_of

_OF_BODIES = frozenset({b"content-length", b"transfer-encoding", b"expect"})
#: Bytes of headers, path and query from which on a head is looked at more closely.
_LARGE = min(MAX_HEADER, MAX_URL) // 2


class Asked:
    """The headers that matter, and whether there is more to it than them.

    `before` is what the same connection asked last: most clients send the same headers each time.
    """

    __slots__ = (
        "_has_more",
        "_id",
        "_sent",
        "_size",
        "accept_encoding",
        "head_only",
        "if_none_match",
        "is_special",
        "request_id",
        "traceparent",
    )

    accept_encoding: bytes
    if_none_match: bytes
    traceparent: bytes
    _sent: list[tuple[bytes, bytes]]
    _id: bytes
    _size: int
    _has_more: bool

    def __init__(self, scope: Mapping[str, Any], before: Asked | None = None) -> None:
        sent, query = scope["headers"], scope["query_string"]
        if before is not None and before._sent == sent:
            self.accept_encoding = before.accept_encoding
            self.if_none_match = before.if_none_match
            self.traceparent = before.traceparent
            self._id, self._size, self._has_more = before._id, before._size, before._has_more
        else:
            self._read(sent)
        self._sent = sent
        size = self._size + len(scope.get("raw_path") or b"") + len(query)
        #: Whether it has to take the long way: it has a body, or may not be let in.
        self.is_special = (
            self._has_more
            or size > _LARGE
            or not query.isascii()
            or "\ufffd" in scope["path"]  # what the server could not decode
        )
        self.request_id = request_id_of(self._id)
        self.head_only: bool = scope["method"] == "HEAD"

    def _read(self, sent: list[tuple[bytes, bytes]]) -> None:
        headers = dict(sent)
        get = headers.get
        self.accept_encoding = get(b"accept-encoding", b"")
        self.if_none_match = get(b"if-none-match", b"")
        self.traceparent = get(b"traceparent", b"")
        self._id = get(b"x-request-id", b"")
        self._size = sum(map(len, chain.from_iterable(sent)))
        self._has_more = len(sent) > MAX_HEADERS // 2 or not _OF_BODIES.isdisjoint(headers)

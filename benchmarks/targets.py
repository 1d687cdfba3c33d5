"""Requests to send, and where they come from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Request:
    """One request of HTTP/1.1; all of a benchmark go to one server on kept connections."""

    path: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def raw(self, host: str = "localhost") -> bytes:
        """Return the bytes to send."""
        headers = {"Host": host, **self.headers}
        if self.body:
            headers |= {"Content-Type": "application/json", "Content-Length": str(len(self.body))}
        lines = [f"{self.method} {self.path} HTTP/1.1", *(f"{n}: {v}" for n, v in headers.items())]
        return ("\r\n".join(lines) + "\r\n\r\n").encode() + self.body


def gets(paths: Sequence[str]) -> list[Request]:
    """Return a plain `GET` for each path."""
    return [Request(path) for path in paths]

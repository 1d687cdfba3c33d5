"""Looks things up through the API, as any client may."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlencode

from benchmarks.failures import Failed
from benchmarks.processes import Process


@dataclass(frozen=True, slots=True)
class Answer:
    """A good answer; names of headers are in lower case."""

    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Refused(Failed):
    """The API gave no good answer."""


class Reader:
    """One kept connection; close it, or the server waits for it when it is to stop."""

    def __init__(self, process: Process) -> None:
        self._connection = HTTPConnection(*process.address(), timeout=60)
        #: Headers of each request, such as those of who is signed in.
        self.headers: dict[str, str] = {}

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def get(self, path: str) -> Answer:
        """Read. Raises `Refused`."""
        return self._ask("GET", path)

    def post(self, path: str, body: Mapping[str, Any]) -> Answer:
        """Send JSON. Raises `Refused`."""
        return self._ask("POST", path, json.dumps(body))

    def pages(self, path: str, fields: str, **filters: str) -> Iterator[Mapping[str, Any]]:
        """Yield the pages of a list, 100 items each, with these fields."""
        query = {"limit": "100", "fields": fields, **filters}
        while True:
            page = self.get(f"{path}?{urlencode(query)}").json
            yield page
            if page["next_cursor"] is None:
                return
            query["cursor"] = page["next_cursor"]

    def _ask(self, method: str, path: str, body: str | None = None) -> Answer:
        kind = {} if body is None else {"Content-Type": "application/json"}
        self._connection.request(method, path, body, {**self.headers, **kind})
        response = self._connection.getresponse()
        content = response.read()
        if response.status >= 300:
            raise Refused(f"{method} {path}: {response.status} {content[:500]!r}")
        named = {name.lower(): value for name, value in response.getheaders()}
        return Answer(named, content)

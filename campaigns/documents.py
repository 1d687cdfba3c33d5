"""The figures of docs/campaigns.md, written from the kept results."""

from __future__ import annotations

from campaigns.results import Results


def tables(results: Results) -> str:
    return ""


def write(text: str) -> None: ...

"""Canonical keys: one for all ways to ask for the same."""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import parse_qsl, urlencode


@lru_cache(maxsize=2048)
def canonical(query: bytes) -> str:
    """Return a query string with its parameters in the order of their names.

    What they mean stays: repeated ones keep their order, empty ones stay. Which names a route
    knows it decides itself; an answer that refuses them is not kept.
    """
    pairs = parse_qsl(query.decode("latin-1"), keep_blank_values=True)
    return urlencode(sorted(pairs, key=lambda pair: pair[0]))


def key_of(path: str, query: bytes) -> str:
    """Return the key of what a request asks for."""
    # The query leads, since it holds neither a space nor a slash: a decoded path may hold all that
    # would part it from a query behind it.
    return f"{canonical(query)} {path}" if query else path

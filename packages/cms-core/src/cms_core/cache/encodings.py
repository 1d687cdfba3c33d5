"""Content codings: which one a client takes, and bodies compressed once."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import brotli

IDENTITY = b"identity"
#: From the most to the least wanted. Brotli's level 5 takes about as long as gzip's 6.
CODINGS: Mapping[bytes, Callable[[bytes], bytes]] = {
    b"br": lambda body: bytes(brotli.compress(body, quality=5)),
    b"gzip": lambda body: gzip.compress(body, compresslevel=6, mtime=0),
}
#: Smaller bodies would hardly get smaller.
WORTH_IT = 512
_TEXTS = (b"application/json", b"application/atom+xml", b"application/xml", b"text/")


@dataclass(frozen=True, slots=True)
class Variant:
    """A body in one coding; `head` are the header lines that are the same for everybody."""

    etag: bytes
    headers: tuple[tuple[bytes, bytes], ...]
    head: bytes
    body: bytes
    #: The header lines of the answer to whoever has it already.
    unchanged_headers: tuple[tuple[bytes, bytes], ...]
    unchanged_head: bytes


def is_compressible(media_type: bytes, size: int) -> bool:
    """Whether a body of this type and size is worth compressing."""
    return size >= WORTH_IT and media_type.startswith(_TEXTS)


@lru_cache(maxsize=1024)
def chosen(accept_encoding: bytes) -> bytes:
    """Return the coding for a client that sent this ``Accept-Encoding`` (RFC 9110, 12.5.3)."""
    weights = dict(_weights(accept_encoding.lower()))
    fallback = weights.get(b"*", 0.0)
    best = max(CODINGS, key=lambda coding: weights.get(coding, fallback))
    weight = weights.get(best, fallback)
    return best if weight > 0 and weight >= weights.get(IDENTITY, 0.0) else IDENTITY


def tagged(etag: bytes, coding: bytes) -> bytes:
    """Return the ETag of a body in that coding: strong tags name bytes, so each has its own."""
    return etag if not etag or coding == IDENTITY else etag[:-1] + b"-" + coding + b'"'


def _weights(header: bytes) -> list[tuple[bytes, float]]:
    found = []
    for part in header.split(b","):
        coding, _, parameter = part.partition(b";")
        name, _, value = parameter.strip().partition(b"=")
        found.append((coding.strip(), _weight(value) if name.strip() == b"q" else 1.0))
    return found


def _weight(value: bytes) -> float:
    try:
        return float(value)
    except ValueError:
        return 0.0

"""Content codings: which one is chosen, what is compressed, and how its ETag is called."""

from __future__ import annotations

import gzip
import json

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cms_core.cache.encodings import (
    CODINGS,
    IDENTITY,
    WORTH_IT,
    chosen,
    is_compressible,
    tagged,
)


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        (b"gzip", b"gzip"),
        (b"br", b"br"),
        (b"gzip, deflate, br", b"br"),
        (b"GZIP", b"gzip"),
        (b"gzip;q=1.0, br;q=0.5", b"gzip"),
        (b"gzip ; q=0.8 , br ; Q=0.9", b"br"),
        (b"br;q=0, gzip", b"gzip"),
        (b"*", b"br"),
        (b"br;q=0, *;q=0.1", b"gzip"),
        (b"gzip;q=0.2, *;q=0.1", b"gzip"),
        (b"gzip, identity;q=0", b"gzip"),
        (b"gzip;q=0.5, identity", IDENTITY),
        (b"gzip;q=0.5, identity;q=0.4", b"gzip"),
        (b"identity", IDENTITY),
        (b"identity;q=0", IDENTITY),
        (b"*;q=0", IDENTITY),
        (b"gzip;q=0", IDENTITY),
        (b"zstd, deflate, compress", IDENTITY),
        (b"gzip;q=much", IDENTITY),
        (b"gzip;q=nan", IDENTITY),
        (b"", IDENTITY),
        (b";;,,=;q", IDENTITY),
        (b"\xff\x00", IDENTITY),
    ],
)
def test_the_coding_that_a_client_wants_most_is_chosen(accepted: bytes, coding: bytes) -> None:
    assert chosen(accepted) == coding


@given(st.binary(max_size=60))
def test_nothing_that_a_client_sends_breaks_the_choice(accepted: bytes) -> None:
    assert chosen(accepted) in (IDENTITY, *CODINGS)


@given(st.binary())
def test_what_is_compressed_comes_back(body: bytes) -> None:
    assert gzip.decompress(CODINGS[b"gzip"](body)) == body
    assert brotli.decompress(CODINGS[b"br"](body)) == body


@pytest.mark.parametrize("coding", CODINGS)
def test_compressing_the_same_gives_the_same_bytes(coding: bytes) -> None:
    body = json.dumps(list(range(500))).encode()
    assert CODINGS[coding](body) == CODINGS[coding](body)
    assert len(CODINGS[coding](body)) < len(body)


@pytest.mark.parametrize(
    ("kind", "size", "worth_it"),
    [
        (b"application/json", WORTH_IT, True),
        (b"application/json", WORTH_IT - 1, False),
        (b"application/atom+xml; charset=utf-8", 5000, True),
        (b"application/xml", 5000, True),
        (b"text/html", 5000, True),
        (b"image/png", 50_000, False),
        (b"application/octet-stream", 50_000, False),
        (b"", 50_000, False),
    ],
)
def test_small_and_binary_bodies_are_not_compressed(kind: bytes, size: int, worth_it: bool) -> None:
    assert is_compressible(kind, size) is worth_it


def test_each_coding_has_a_tag_of_its_own() -> None:
    tags = {tagged(b'"abc"', coding) for coding in (IDENTITY, *CODINGS)}
    assert tags == {b'"abc"', b'"abc-gzip"', b'"abc-br"'}


def test_what_has_no_tag_gets_none() -> None:
    assert tagged(b"", b"gzip") == b""

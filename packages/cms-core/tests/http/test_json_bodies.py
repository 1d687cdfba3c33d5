from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cms_core.errors import Invalid
from cms_core.http.body import MAX_DEPTH, MAX_VALUES, MalformedJson, UnacceptableText, parse_json

plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text("abc~/"), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(plain)
def test_whatever_can_be_stored_is_read(value: Any) -> None:
    assert parse_json(json.dumps(value).encode()) == value


@given(st.binary(max_size=200))
def test_whatever_is_sent_is_read_or_refused(raw: bytes) -> None:
    with suppress(MalformedJson, UnacceptableText):
        parse_json(raw)


@pytest.mark.parametrize(
    "raw",
    [
        b"{",
        b"{'a': 1}",
        b'{"a": NaN}',
        b"-Infinity",
        b"1" * 5000,
        b'"\xff"',
        b'\xef\xbb\xbf{"a": 1}',
        '{"a": 1}'.encode("utf-16"),
    ],
)
def test_what_is_not_json_is_malformed(raw: bytes) -> None:
    with pytest.raises(MalformedJson) as malformed:
        parse_json(raw)
    assert malformed.value.detail is None or "'" not in malformed.value.detail


@pytest.mark.parametrize(
    ("raw", "pointer"),
    [
        (rb'{"a": ["b\u0000"]}', "/a/0"),
        (rb'{"a/b": {"~": "\ud800"}}', "/a~1b/~0"),
        (rb'{"a": {"\u0000": 1}}', "/a"),
        (b'{"n": 1e999}', "/n"),
        (b'{"n": -9223372036854775808}', "/n"),
        (b"[" * (MAX_DEPTH + 1) + b"[1]" + b"]" * (MAX_DEPTH + 1), "/0" * (MAX_DEPTH + 1)),
    ],
)
def test_what_cannot_be_stored_is_pointed_out(raw: bytes, pointer: str) -> None:
    with pytest.raises(UnacceptableText) as refused:
        parse_json(raw)
    assert [fault.pointer for fault in refused.value.errors] == [pointer]


def test_a_body_of_too_many_values_is_refused_and_the_faults_are_few() -> None:
    for raw in (b"[" + b"1," * MAX_VALUES + b"1]", b"[" + rb'"\u0000",' * MAX_VALUES + b"1]"):
        with pytest.raises(Invalid) as refused:
            parse_json(raw)
        assert 1 <= len(refused.value.errors) <= 20


def test_a_body_nested_beyond_every_stack_is_refused() -> None:
    with pytest.raises(UnacceptableText):
        parse_json(b"[" * 500_000 + b"]" * 500_000)

"""Entries on their way through Redis: only what we have packed ourselves comes out again."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cms_core.cache.encodings import WORTH_IT
from cms_core.cache.entry import Entry, pack, unpack

SECRET = b"s" * 32
KEY = "tag=art /api/v1/posts"


def entry(body: bytes = b"{}\n\x00\xff", key: str = KEY) -> Entry:
    return Entry(
        key=key,
        status=404,
        headers=((b"content-type", b"application/json"), (b"x-latin", b"caf\xe9")),
        body=body,
        gens=(("posts", "b7f3"), ("tag:art", None)),
        instance="i1",
        template="/api/v1/posts",
        plugin="posts",
        stand_in=b"0123456789abcdef",
        mark="7",
        confirmed_at=1.0,
    )


@given(st.binary())
def test_what_was_packed_comes_out_the_same(body: bytes) -> None:
    found = unpack(pack(entry(body), SECRET), KEY, SECRET)
    assert found is not None
    for name in ("key", "status", "headers", "body", "gens", "instance", "template", "plugin"):
        assert getattr(found, name) == getattr(entry(body), name)
    assert found.stand_in == entry().stand_in


def test_in_which_moment_it_was_current_is_not_told_to_others() -> None:
    found = unpack(pack(entry(), SECRET), KEY, SECRET)
    assert found is not None
    assert (found.mark, found.confirmed_at) == ("", float("-inf"))


def test_it_comes_out_under_its_own_key_only() -> None:
    assert unpack(pack(entry(), SECRET), "tag=sea /api/v1/posts", SECRET) is None


def test_what_another_secret_has_signed_is_nothing() -> None:
    assert unpack(pack(entry(), b"x" * 32), KEY, SECRET) is None


def test_whatever_is_cut_short_is_nothing() -> None:
    packed = pack(entry(), SECRET)
    assert [length for length in range(len(packed)) if unpack(packed[:length], KEY, SECRET)] == []
    assert unpack(packed + b"\n", KEY, SECRET) is None


def test_whichever_byte_was_changed_is_noticed() -> None:
    packed = pack(entry(), SECRET)
    for place in range(len(packed)):
        changed = bytearray(packed)
        changed[place] ^= 1
        assert unpack(bytes(changed), KEY, SECRET) is None


@given(st.binary())
def test_foreign_bytes_are_nothing(foreign: bytes) -> None:
    assert unpack(foreign, KEY, SECRET) is None
    assert unpack(b"cms-1\n" + foreign, KEY, SECRET) is None


class Trap:
    """Goes off when it is unpickled."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return pytest.fail, ("unpickled",)


def test_nothing_is_ever_unpickled() -> None:
    assert unpack(pickle.dumps(Trap()), KEY, SECRET) is None
    found = unpack(pack(entry(pickle.dumps(Trap())), SECRET), KEY, SECRET)
    assert found is not None
    assert found.body == pickle.dumps(Trap())


def test_an_entry_agrees_only_with_all_of_its_generations() -> None:
    assert entry().agrees({"posts": "b7f3"})
    assert entry().agrees({"posts": "b7f3", "others": "c0"})
    assert not entry().agrees({"posts": "b7f3", "tag:art": "d1"})
    assert not entry().agrees({"posts": "e2"})
    assert not entry().agrees({})


@pytest.mark.parametrize("stand_in", [b"", b"0123456789abcdef"])
def test_what_differs_by_request_is_not_compressed(stand_in: bytes) -> None:
    headers = ((b"content-type", b"application/json"),)
    made = Entry(KEY, 200, headers, stand_in + b" " * WORTH_IT, stand_in=stand_in)
    assert made.compressible is not bool(stand_in)

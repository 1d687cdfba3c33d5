"""Keys: the same for all ways to ask for the same, and different for anything else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cms_core.cache.keys import canonical, key_of

names = st.text(st.characters(codec="utf-8"), min_size=1, max_size=8)
paths = names.map(lambda text: f"/{text}")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (b"tag=art&limit=5", b"limit=5&tag=art"),
        (b"tag=a%20b", b"tag=a+b"),
        (b"tag=%61rt", b"tag=art"),
        (b"tag=art&", b"&tag=art"),
        (b"tag", b"tag="),
    ],
)
def test_ways_to_ask_for_the_same_have_one_key(one: bytes, other: bytes) -> None:
    assert key_of("/posts", one) == key_of("/posts", other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (b"tag=a&tag=b", b"tag=b&tag=a"),
        (b"tag=a", b"tag=a&tag=a"),
        (b"tag=", b""),
        (b"tag=a%26limit%3D5", b"tag=a&limit=5"),
        (b"tag=a%2Bb", b"tag=a+b"),
        (b"tag=a", b"Tag=a"),
    ],
)
def test_what_means_something_else_has_a_key_of_its_own(one: bytes, other: bytes) -> None:
    assert key_of("/posts", one) != key_of("/posts", other)


@pytest.mark.parametrize("path", ["/posts?limit=1", "/posts&limit=1", "/limit=1 /posts"])
def test_what_a_path_holds_is_no_query(path: str) -> None:
    assert key_of(path, b"") != key_of("/posts", b"limit=1")


def test_a_path_alone_is_its_own_key() -> None:
    assert key_of("/posts", b"") == "/posts"


@given(paths, st.dictionaries(names, names), paths, st.dictionaries(names, names))
def test_different_requests_never_share_a_key(
    path: str, query: dict[str, str], other_path: str, other_query: dict[str, str]
) -> None:
    def key(path: str, query: dict[str, str]) -> str:
        return key_of(path, "&".join(f"{hexed(n)}={hexed(v)}" for n, v in query.items()).encode())

    equal = (path, query) == (other_path, other_query)
    assert (key(path, query) == key(other_path, other_query)) == equal


@given(st.binary(max_size=40))
def test_a_canonical_query_is_its_own_canonical_form(query: bytes) -> None:
    assert canonical(canonical(query).encode()) == canonical(query)


def hexed(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode())

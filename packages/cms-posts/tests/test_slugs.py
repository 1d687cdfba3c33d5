from itertools import islice
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cms_posts.slugs import candidates, is_slug, slugify, with_suffix

UUID = "0192f3a4-5b6c-7d8e-9f00-112233445566"


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("Hello, World!", "hello-world"),
        ("  Don\u2019t  stop -- it's 50% off ", "dont-stop-its-50-off"),
        ("Übergröße & Ärger", "ubergrosse-arger"),
        ("İstanbul", "istanbul"),
        ("Война и мир", "voyna-i-mir"),
        ("Ελληνικά", "ellinika"),
        ("東京", "dongjing"),
        ("مرحبا", "mrhb"),
        ("party 🎉", "party-tada"),
        ("cafe\u0301", "cafe"),
        ("a_b/c.d", "a-b-c-d"),
    ],
)
def test_a_title_in_any_script_becomes_a_readable_slug(title: str, slug: str) -> None:
    assert slugify(title) == slug


@pytest.mark.parametrize("title", ["", "   ", "!!!", "---", "\u200f\u200e", "\ud800"])
def test_a_title_without_letters_becomes_the_fallback(title: str) -> None:
    assert slugify(title) == "post"


def test_a_long_title_is_cut_between_words() -> None:
    assert slugify("alpha beta gamma", max_length=12) == "alpha-beta"


def test_a_title_that_ends_exactly_at_the_limit_keeps_its_last_word() -> None:
    assert slugify("alpha beta gamma", max_length=10) == "alpha-beta"


def test_one_endless_word_is_cut_at_the_limit() -> None:
    assert slugify("a " + "b" * 300) == "a-" + "b" * 98


@given(st.text(), st.integers(min_value=4, max_value=100))
def test_every_title_gives_an_acceptable_slug(title: str, max_length: int) -> None:
    slug = slugify(title, max_length=max_length)
    assert is_slug(slug)
    assert len(slug) <= max_length


@given(st.text())
def test_a_slug_of_a_slug_is_the_same(title: str) -> None:
    assert slugify(slugify(title)) == slugify(title)


@pytest.mark.parametrize(
    "text",
    ["", "-a", "a-", "a--b", "A", "é", "a b", "a_b", "a\n", "\u0661", "a" * 101, UUID, "d" * 32],
)
def test_unfit_slugs_are_refused(text: str) -> None:
    assert not is_slug(text)


@pytest.mark.parametrize("text", ["a", "1", "hello-world", "2026-11-22", "a" * 100, "d" * 31])
def test_fit_slugs_are_accepted(text: str) -> None:
    assert is_slug(text)


@pytest.mark.parametrize("title", [UUID, UUID.upper(), UUID.replace("-", ""), "a " * 32])
def test_a_title_that_reads_like_an_id_does_not_become_one(title: str) -> None:
    assert is_slug(slugify(title))
    assert slugify(title).startswith("post-")


def test_a_random_id_is_never_a_slug() -> None:
    assert not is_slug(str(uuid4()))


def test_a_suffix_is_appended() -> None:
    assert with_suffix("hello", 2) == "hello-2"


def test_a_suffix_shortens_a_slug_that_fills_the_limit() -> None:
    assert with_suffix("a" * 96 + "-bcd", 12) == "a" * 96 + "-12"


def test_a_suffix_does_not_turn_a_slug_into_an_id() -> None:
    assert with_suffix("d" * 31, 2) == "post-" + "d" * 31 + "-2"


def test_candidates_are_numbered_first_and_then_random() -> None:
    tokens = iter(["x1", "x2"])
    names = list(islice(candidates("hello", token=lambda: next(tokens)), 22))
    assert names[:3] == ["hello", "hello-2", "hello-3"]
    assert names[19:] == ["hello-20", "hello-x1", "hello-x2"]


def test_random_candidates_differ_and_are_acceptable() -> None:
    names = list(islice(candidates("a" * 100), 60))
    assert len(set(names)) == 60
    assert all(map(is_slug, names))

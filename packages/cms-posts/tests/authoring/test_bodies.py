"""What authors may send: form and size of request bodies, without a database."""

from typing import Any

import pytest
from pydantic import ValidationError

from cms_posts.authoring.bodies import NewPost, PostPatch

SIZES = {
    "title": (300, "x"),
    "excerpt": (1000, "x"),
    "note": (500, "x"),
    "slug": (100, "x"),
}


def faults(**fields: Any) -> list[tuple[int | str, ...]]:
    """The places that are refused."""
    try:
        NewPost.model_validate({"title": "T", **fields})
    except ValidationError as error:
        return [each["loc"] for each in error.errors()]
    return []


@pytest.mark.parametrize(("field", "size"), SIZES.items())
def test_texts_are_bounded(field: str, size: tuple[int, str]) -> None:
    longest, char = size

    assert faults(**{field: char * longest}) == []
    assert faults(**{field: char * (longest + 1)}) == [(field,)]


def test_a_body_is_bounded_in_characters() -> None:
    assert faults(body="é" * 500_000) == []
    assert faults(body="é" * 500_001) == [("body",)]


@pytest.mark.parametrize("title", ["", "  ", "\n", None, 3])
def test_a_title_is_a_text_with_something_in_it(title: Any) -> None:
    assert faults(title=title) == [("title",)]


@pytest.mark.parametrize(
    "tag",
    [
        "en",
        "de-AT",
        "zh-Hant-TW",
        "sl-rozaj-biske",
        "es-419",
        "de-1996",
        "en-x-home",
        "en-u-ca-gregory",
    ],
)
def test_language_tags_are_accepted(tag: str) -> None:
    assert faults(language=tag) == []


@pytest.mark.parametrize(
    "tag", ["", "e", "english-", "en_US", "en--US", "a-DE", "en-x", "en-u", "12", "en US", "x" * 36]
)
def test_what_is_no_language_tag_is_refused(tag: str) -> None:
    assert faults(language=tag) == [("language",)]


@pytest.mark.parametrize("url", ["http://example.org", "https://example.org/a?b=c#d"])
def test_web_addresses_are_accepted(url: str) -> None:
    assert faults(seo={"canonical_url": url}) == []


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "//example.org",
        "/a",
        "https://",
        "ftp://example.org",
        "https://a b",
        "https:\\example.org",
        "http://[",
        "HTTPS",
    ],
)
def test_what_is_no_web_address_is_refused(url: str) -> None:
    assert faults(seo={"canonical_url": url}) == [("seo", "canonical_url")]


def test_tags_are_bounded_in_number_and_length() -> None:
    assert faults(tags=[f"t{number}" for number in range(50)]) == []
    assert faults(tags=[f"t{number}" for number in range(51)]) == [("tags",)]
    assert faults(tags=["x" * 101, " "]) == [("tags", 0), ("tags", 1)]


@pytest.mark.parametrize("field", ["excerpt", "body", "body_format", "tags", "seo", "note"])
def test_what_has_no_other_default_is_not_null(field: str) -> None:
    assert faults(**{field: None}) == [(field,)]


def test_unknown_fields_are_refused() -> None:
    assert faults(colour="red", seo={"colour": "red"}) == [("seo", "colour"), ("colour",)]


def test_a_patch_does_not_promise_defaults() -> None:
    properties = PostPatch.model_json_schema()["properties"]

    assert not [name for name, schema in properties.items() if "default" in schema]
    assert "default" in NewPost.model_json_schema()["properties"]["excerpt"]

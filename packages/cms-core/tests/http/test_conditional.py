from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cms_core.errors import PreconditionFailed, PreconditionRequired
from cms_core.http.conditional import Precondition, entity_tags, strong_etag

opaque = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters='"'))
tags = st.lists(st.tuples(st.booleans(), opaque), min_size=1, max_size=5)
gaps = st.sampled_from([",", ", ", " ,\t", ",,", " , "])


@given(tags, gaps)
def test_every_list_of_tags_is_read(sent: list[tuple[bool, str]], gap: str) -> None:
    header = gap.join(f'{"W/" if weak else ""}"{text}"' for weak, text in sent)
    assert entity_tags(header) == sent


@given(st.text(max_size=60))
def test_nothing_that_a_client_sends_breaks_the_reading_of_tags(header: str) -> None:
    assert all('"' not in text for _, text in entity_tags(header))


@pytest.mark.parametrize("header", ["abc", '"abc', '"a" b', 'a"b"', '"a"; "b"'])
def test_a_malformed_list_holds_no_tag(header: str) -> None:
    assert entity_tags(header) == []


@given(st.binary(), st.integers(0, 10**9))
def test_a_precondition_holds_for_the_version_it_was_made_of(body: bytes, version: int) -> None:
    tag = strong_etag(body, version)
    assert re.fullmatch(r'"\d+-[0-9a-f]{20}"', tag)
    Precondition(tag, required=True).check(version)
    Precondition(f'"x", {tag}', required=True).check(version)
    with pytest.raises(PreconditionFailed):
        Precondition(tag, required=True).check(version + 1)


def test_what_is_merely_shown_may_have_changed() -> None:
    Precondition(strong_etag(b"author: Ada", 7), required=True).check(7)
    assert strong_etag(b"author: Ada", 7) != strong_etag(b"author: Bob", 7)


@pytest.mark.parametrize("header", ['W/"7-abc"', "7", '"70-abc"', "", '"7-abc', '"abc-7"'])
def test_anything_but_the_version_in_a_strong_tag_fails(header: str) -> None:
    with pytest.raises(PreconditionFailed) as failed:
        Precondition(header, required=False).check(7)
    assert failed.value.etag == '"7"'


def test_any_version_will_do_for_a_star() -> None:
    Precondition(" * ", required=True).check(7)


def test_a_missing_precondition_fails_only_where_it_is_required() -> None:
    Precondition(None, required=False).check(7)
    with pytest.raises(PreconditionRequired):
        Precondition(None, required=True).check(7)

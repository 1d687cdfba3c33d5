from hypothesis import given
from hypothesis import strategies as st

from cms_posts.models import BodyFormat
from cms_posts.rendering import excerpt_of, render


def test_a_short_text_is_its_own_excerpt() -> None:
    assert excerpt_of("<p>Fish &amp; <b>chips</b>.</p>", 100) == "Fish & chips."


def test_blocks_are_separated_by_a_space_and_inline_elements_are_not() -> None:
    assert excerpt_of("<h1>One</h1><p>t<b>w</b>o<br>three</p>") == "One two three"


def test_a_long_text_is_cut_between_words() -> None:
    assert excerpt_of("<p>alpha beta gamma</p>", 12) == "alpha beta\u2026"


def test_a_text_without_spaces_is_cut_at_the_length() -> None:
    assert excerpt_of("漢" * 50, 10) == "漢" * 9 + "\u2026"


def test_footnotes_and_readings_are_left_out() -> None:
    html = render("a[^1] <ruby>漢<rt>kan</rt></ruby> b\n\n[^1]: note", BodyFormat.MARKDOWN)
    assert excerpt_of(html) == "a 漢 b"


@given(st.text(), st.integers(min_value=2, max_value=50))
def test_an_excerpt_is_never_longer_than_asked(text: str, length: int) -> None:
    assert len(excerpt_of(render(text, BodyFormat.MARKDOWN), length)) <= length

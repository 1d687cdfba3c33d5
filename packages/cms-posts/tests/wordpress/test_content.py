"""WordPress content as HTML."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cms_posts.wordpress.content import translate


def test_blank_lines_make_paragraphs_and_line_ends_breaks() -> None:
    assert translate("One\ntwo\r\n\r\nthree").html == "<p>One<br>\ntwo</p>\n<p>three</p>"


def test_block_markup_keeps_its_own_paragraphs() -> None:
    source = '<!-- wp:paragraph {"a":1} -->\n<p>One\ntwo</p>\n<!-- /wp:paragraph -->'

    assert translate(source).html == "<p>One\ntwo</p>"


def test_block_elements_are_not_wrapped() -> None:
    assert translate("<ul>\n<li>One</li>\n</ul>").html == "<ul><li>One</li>\n</ul>"


def test_text_in_a_quotation_is_a_paragraph_and_in_a_heading_is_not() -> None:
    source = "<blockquote>To be</blockquote><h2>Or\nnot</h2>"

    assert translate(source).html == ("<blockquote><p>To be</p>\n</blockquote>\n<h2>Or\nnot</h2>")


def test_preformatted_text_stays_as_it_is() -> None:
    assert "<pre>a\n\n  b</pre>" in translate("Look:\n<pre>a\n\n  b</pre>").html


def test_a_caption_becomes_a_figure() -> None:
    content = translate('[caption id="x" width="3"]<img src="/a.png" /> The sea[/caption]')

    assert content.html == (
        '<figure><img src="/a.png" /><figcaption>The sea</figcaption>\n</figure>'
    )
    assert content.changes == {"[caption] made a figure": 1}


def test_an_embed_becomes_a_link_whose_address_is_escaped() -> None:
    content = translate("[embed]https://example.org/?a=1&b=2[/embed]")

    assert 'href="https://example.org/?a=1&amp;b=2"' in content.html


def test_a_gallery_is_dropped_and_reported() -> None:
    content = translate('Before [gallery ids="1,2"] after')

    assert content.html == "<p>Before  after</p>"
    assert content.changes == {"[gallery] dropped": 1}


def test_brackets_that_are_not_shortcodes_stay() -> None:
    assert translate("an array[i] and [sic]").html == "<p>an array[i] and [sic]</p>"


def test_what_stands_before_more_is_the_teaser() -> None:
    content = translate("Start\n\n<!--more-->\n\nrest")

    assert content.teaser == "<p>Start</p>"
    assert content.html == "<p>Start</p>\n<p>rest</p>"


def test_page_breaks_are_joined() -> None:
    assert translate("One<!--nextpage-->two").html == "<p>One</p>\n<p>two</p>"


def test_text_between_blocks_is_of_the_classic_editor() -> None:
    source = "<!-- wp:list --><ul><li>a\nb</li></ul><!-- /wp:list -->\n\nc\nd"

    assert translate(source).html == "<ul><li>a\nb</li></ul><p>c<br>\nd</p>"


def test_blocks_that_wordpress_fills_itself_are_reported() -> None:
    source = '<!-- wp:latest-posts {"postsToShow":3} /--><!-- wp:spacer --><!-- /wp:spacer -->'

    assert translate(source).changes == {"block latest-posts without content dropped": 1}


def test_line_ends_after_breaks_are_not_doubled() -> None:
    assert translate("a<br />\nb").html == "<p>a<br />\nb</p>"


def test_blank_lines_divide_an_item_into_paragraphs() -> None:
    assert translate("<ul><li>a\n\nb</li></ul>").html == (
        "<ul><li><p>a</p>\n<p>b</p>\n</li>\n</ul>"
    )


def test_a_caption_keeps_the_side_on_which_it_stands() -> None:
    assert translate('[caption align="alignleft"]<img src="a">b[/caption]').html.startswith(
        '<figure class="alignleft">'
    )


def test_an_old_caption_stands_in_an_attribute() -> None:
    content = translate("[caption caption='The sea']<a href=x><img src=y></a>[/caption]")

    assert "<a href=x><img src=y></a><figcaption>The sea</figcaption>" in content.html


def test_a_gallery_shows_the_attachments_it_names() -> None:
    content = translate('[gallery ids="3, 4,5"]', {"3": "/a.png", "5": "/c.png?d&e"})

    assert content.html == (
        '<figure class="gallery"><img src="/a.png" alt=""><img src="/c.png?d&amp;e" alt="">'
        "</figure>"
    )


@pytest.mark.parametrize(
    "source",
    ['[audio mp3="https://a.b/c.mp3"][/audio]', "[audio https://a.b/c.mp3|titles=d]"],
)
def test_audio_becomes_a_player(source: str) -> None:
    assert '<audio controls src="https://a.b/c.mp3">' in translate(source).html


def test_a_shortcode_in_double_brackets_is_shown() -> None:
    assert translate('Write [[gallery ids="1"]].').html == '<p>Write [gallery ids="1"].</p>'


@pytest.mark.parametrize(
    "source",
    [
        "https://youtu.be/x?a=1&b",
        "<!-- wp:embed --><figure>\nhttps://youtu.be/x?a=1&b\n</figure><!-- /wp:embed -->",
    ],
)
def test_an_address_on_a_line_of_its_own_becomes_a_link(source: str) -> None:
    content = translate(source)

    address = "https://youtu.be/x?a=1&b"
    assert f'<a href="{address}">{address}</a>' in content.html
    assert content.changes == {"embedded addresses made links": 1}


@pytest.mark.parametrize(
    "source", ["see https://a.b", "<pre>\nhttps://a.b\n</pre>", "<a href=x>\nhttps://a.b\n</a>"]
)
def test_other_addresses_stay_as_they_are(source: str) -> None:
    assert translate(source).changes == {}


def test_a_frame_becomes_a_link_named_by_its_title() -> None:
    content = translate('<iframe src="https://a.b/?c&amp;d" title="A <film>">old</iframe>')

    assert '<a href="https://a.b/?c&amp;d">A &lt;film&gt;</a>' in content.html
    assert content.changes == {"frames made links": 1}


def test_only_the_first_more_ends_the_teaser() -> None:
    content = translate("a<!--more read on-->b<!--more-->c")

    assert content.teaser == "<p>a</p>"
    assert content.html == "<p>a</p>\n<p>bc</p>"


def test_lines_of_an_address_stay_apart() -> None:
    assert translate("<address>a\nb</address>").html == "<address>a<br>\nb</address>"


def test_footnotes_are_listed_where_their_block_stands() -> None:
    footnotes = '[{"id":"a-1","content":"A <b>note</b>"}]'
    content = translate("<p>a</p><!-- wp:footnotes /-->", footnotes=footnotes)

    assert content.html == (
        '<p>a</p>\n<ol class="wp-block-footnotes"><li id="a-1">A <b>note</b> '
        '<a href="#a-1-link">\u21a9\ufe0e</a></li>\n</ol>'
    )
    assert content.changes == {}


@pytest.mark.parametrize("footnotes", ["", "{", "3", "[1]", "{}", "[" * 50_000, '"a"', "null"])
def test_footnotes_that_cannot_be_read_are_reported(footnotes: str) -> None:
    content = translate("<!-- wp:footnotes /-->", footnotes=footnotes)

    assert content.changes == {"block footnotes without content dropped": 1}


PIECES = """[caption] [/caption] [gallery] [[ ]] [embed] <!--wp:a--> <!--/wp:a--> <!-- -->
<!--wp:/--> <!--more--> <pre> </pre> <iframe> </iframe> <p> </p> <li> https://a.b text " &lt;"""


@given(st.lists(st.sampled_from([*PIECES.split(), " ", "\n\n"]), max_size=15))
def test_every_content_can_be_translated(pieces: list[str]) -> None:
    assert "wp:" not in translate("".join(pieces)).html


UNITS = "[caption] [[a <!--wp: <!-- <pre> <iframe [a= [ a <p> </p> [embed]https://a.b <iframe> [[a]"


@pytest.mark.timeout(30)
@pytest.mark.parametrize("unit", [*UNITS.split(), " ", "\n ", "[audio ", "https://a.b\n"])
def test_hostile_content_takes_time_in_proportion_to_its_length(unit: str) -> None:
    translate(unit * 30_000)
    translate("[caption " + unit * 30_000 + "][/caption]")
    translate("<p>" * 30_000 + "</div>" * 30_000)

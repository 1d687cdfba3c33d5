"""WordPress content as HTML."""

from cms_posts.wordpress.content import translate


def test_blank_lines_make_paragraphs_and_line_ends_breaks() -> None:
    assert translate("One\ntwo\r\n\r\nthree").html == "<p>One<br>\ntwo</p>\n<p>three</p>"


def test_block_markup_keeps_its_own_paragraphs() -> None:
    source = '<!-- wp:paragraph {"a":1} -->\n<p>One\ntwo</p>\n<!-- /wp:paragraph -->'

    assert translate(source).html == "<p>One\ntwo</p>"


def test_block_elements_are_not_wrapped() -> None:
    assert translate("<ul>\n<li>One</li>\n</ul>").html == ("<ul>\n<li>\nOne\n</li>\n</ul>")


def test_text_in_a_quotation_is_a_paragraph_and_in_a_heading_is_not() -> None:
    source = "<blockquote>To be</blockquote><h2>Or\nnot</h2>"

    assert translate(source).html == (
        "<blockquote>\n<p>To be</p>\n</blockquote>\n<h2>\nOr\nnot\n</h2>"
    )


def test_preformatted_text_stays_as_it_is() -> None:
    assert "<pre>a\n\n  b</pre>" in translate("Look:\n<pre>a\n\n  b</pre>").html


def test_a_caption_becomes_a_figure() -> None:
    content = translate('[caption id="x" width="3"]<img src="/a.png" /> The sea[/caption]')

    assert content.html == (
        '<figure>\n<img src="/a.png" />\n<figcaption>\nThe sea\n</figcaption>\n</figure>'
    )
    assert content.changes == ("captions made figures (1)",)


def test_an_embed_becomes_a_link_whose_address_is_escaped() -> None:
    content = translate("[embed]https://example.org/?a=1&b=2[/embed]")

    assert 'href="https://example.org/?a=1&amp;b=2"' in content.html


def test_a_gallery_is_dropped_and_reported() -> None:
    content = translate('Before [gallery ids="1,2"] after')

    assert content.html == "<p>Before  after</p>"
    assert content.changes == ("[gallery] dropped (1)",)


def test_brackets_that_are_not_shortcodes_stay() -> None:
    assert translate("an array[i] and [sic]").html == "<p>an array[i] and [sic]</p>"


def test_what_stands_before_more_is_the_teaser() -> None:
    content = translate("Start\n\n<!--more-->\n\nrest")

    assert content.teaser == "<p>Start</p>"
    assert content.html == "<p>Start</p>\n<p>rest</p>"


def test_page_breaks_are_joined() -> None:
    assert translate("One<!--nextpage-->two").html == "<p>One</p>\n<p>two</p>"

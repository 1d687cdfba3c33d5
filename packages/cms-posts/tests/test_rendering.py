import pytest

from cms_posts.models import BodyFormat
from cms_posts.rendering import MAX_LENGTH, BodyTooComplex, BodyTooLong, render


def markdown(text: str) -> str:
    return render(text, BodyFormat.MARKDOWN)


def test_common_markdown_is_rendered() -> None:
    assert markdown("# Title\n\nSome *text* and `code`.") == (
        "<h1>Title</h1>\n<p>Some <em>text</em> and <code>code</code>.</p>\n"
    )


def test_tables_keep_the_alignment_of_their_columns() -> None:
    html = markdown("| a | b |\n|--:|:-:|\n| 1 | 2 |")
    assert '<td align="right">1</td>\n<td align="center">2</td>' in html


def test_strikethrough_is_rendered() -> None:
    assert markdown("~~gone~~") == "<p><s>gone</s></p>\n"


def test_fenced_code_names_its_language_and_shows_markup_as_text() -> None:
    assert markdown("```html\n<b>\n```") == (
        '<pre><code class="language-html">&lt;b&gt;\n</code></pre>\n'
    )


def test_raw_html_in_markdown_is_kept_when_harmless() -> None:
    assert markdown("a <kbd>b</kbd>") == "<p>a <kbd>b</kbd></p>\n"


@pytest.mark.parametrize(
    ("text", "address", "rest"),
    [
        ("see https://example.com/a_b*c?d=1&e=2.", "https://example.com/a_b*c?d=1&amp;e=2", "."),
        ("(http://example.com/(a))", "http://example.com/(a)", ")"),
        ("https://example.com/ now", "https://example.com/", " now"),
    ],
)
def test_a_bare_address_becomes_a_link(text: str, address: str, rest: str) -> None:
    assert f'<a href="{address}" rel="noopener">{address}</a>{rest}' in markdown(text)


@pytest.mark.parametrize(
    "text",
    ["readme.md", "xhttps://a.b", "https://", "ftp://a.b", "`https://a.b`", "https:// a"],
)
def test_what_is_no_bare_web_address_is_left_alone(text: str) -> None:
    assert "<a" not in markdown(text)


def test_an_address_inside_a_link_is_not_linked_again() -> None:
    assert markdown("[https://a.b](https://c.d)").count("<a") == 1
    assert markdown("<a href='https://c.d'>https://a.b</a>").count("<a") == 1


def test_footnotes_link_to_their_reference_and_back() -> None:
    html = markdown("Text[^1] and more[^1].\n\n[^1]: The note.")
    note = html.split('<li id="')[1].split('"')[0]
    reference = html.split('href="#')[1].split('"')[0]
    assert reference == note
    assert f'<a href="#{note.replace("fn", "fnref")}' in html
    assert "The note." in html


def test_footnotes_of_two_posts_on_one_page_do_not_collide() -> None:
    first, second = (markdown(f"{text}[^1]\n\n[^1]: note") for text in ("one", "two"))
    ids = [html.split('<li id="')[1].split('"')[0] for html in (first, second)]
    assert ids[0] != ids[1]


def test_ids_are_unique_within_a_body() -> None:
    html = markdown("a[^x] b[^x] c[^y]\n\n[^x]: 1\n\n[^y]: 2")
    ids = [part.split('"')[0] for part in html.split('id="')[1:]]
    assert len(ids) == len(set(ids)) == 5


def test_the_same_body_is_rendered_the_same() -> None:
    text = "a[^1] https://b.c <i>d\n\n[^1]: e"
    assert markdown(text) == markdown(text)


def test_html_bodies_are_not_read_as_markdown() -> None:
    assert render("<p>*a*</p>", BodyFormat.HTML) == "<p>*a*</p>"


@pytest.mark.parametrize("body_format", BodyFormat)
def test_an_empty_body_is_empty(body_format: BodyFormat) -> None:
    assert render("", body_format) == ""


@pytest.mark.parametrize("body_format", BodyFormat)
def test_an_endless_body_is_refused(body_format: BodyFormat) -> None:
    with pytest.raises(BodyTooLong):
        render("a" * (MAX_LENGTH + 1), body_format)


@pytest.mark.parametrize(
    "text",
    [
        *(mark * 100_000 + "a" for mark in ("[", "> ", "- ", "* ")),
        "\n".join("  " * depth + "- a" for depth in range(300)),
        "> " * 40 + "a\n" * 30_000,
        "<div>" * 1000,
    ],
)
def test_markdown_nested_too_deeply_is_refused(text: str) -> None:
    with pytest.raises(BodyTooComplex):
        markdown(text)


@pytest.mark.timeout(30)
@pytest.mark.parametrize(
    "text",
    [
        "[" * 20_000,
        "![[](" * 4000,
        "[^" * 10_000 + "\n\n[^1]: note",
        "[a](" * 10_000,
        "https://a.b/(" * 10_000,
        "**a *b " * 20_000,
        "".join("`" * count + "a" for count in range(600)),
        '[a]: b "c\n' * 10_000,
        "x<!--" * 40_000,
        "> " * 10 + "a\n" * 3000,
    ],
)
def test_hostile_markdown_takes_time_in_proportion_to_its_length(text: str) -> None:
    assert markdown(text)


def test_lists_and_quotations_may_be_nested_as_deep_as_people_nest_them() -> None:
    text = "\n".join("  " * depth + f"- level {depth}" for depth in range(15))
    assert markdown(text).count("<ul>") == 15
    assert "deep" in markdown("> " * 30 + "deep")

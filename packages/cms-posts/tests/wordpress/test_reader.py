"""Reading WXR."""

import io
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from cms_posts.wordpress.items import WxrAuthor, WxrItem, WxrSite, WxrTerm
from cms_posts.wordpress.reader import BadExport, read_wxr

HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"
 xmlns:excerpt="https://wordpress.org/export/1.2/excerpt/"
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:wp="https://wordpress.org/export/1.2/">
<channel><title>Site</title><link>https://site.example</link><language>en</language>
<wp:wxr_version>1.2</wp:wxr_version>
<wp:author><wp:author_login>ada</wp:author_login>
<wp:author_display_name><![CDATA[Ada L.]]></wp:author_display_name></wp:author>
"""
ITEM = """<item><title>One</title><link>https://site.example/one</link><dc:creator>ada</dc:creator>
<guid>g1</guid><content:encoded><![CDATA[<b>Hi</b>]]></content:encoded>
<excerpt:encoded><![CDATA[Short]]></excerpt:encoded><wp:post_id>7</wp:post_id>
<wp:post_date>2020-01-02 05:04:05</wp:post_date>
<wp:post_date_gmt>2020-01-02 03:04:05</wp:post_date_gmt><wp:post_name>one</wp:post_name>
<wp:status>publish</wp:status><wp:post_type>post</wp:post_type><wp:is_sticky>1</wp:is_sticky>
<category domain="post_tag" nicename="sea"><![CDATA[The Sea]]></category>
<wp:postmeta><wp:meta_key>_thumbnail_id</wp:meta_key><wp:meta_value>9</wp:meta_value></wp:postmeta>
<wp:comment><wp:comment_id>1</wp:comment_id><wp:comment_content>Nice</wp:comment_content>
</wp:comment></item>
"""
TAIL = "</channel></rss>"


def read(text: str) -> list[object]:
    return list(read_wxr(io.BytesIO(text.encode())))


def item(text: str) -> WxrItem:
    return next(found for found in read(HEAD + text + TAIL) if isinstance(found, WxrItem))


def test_site_and_authors_come_before_the_items() -> None:
    site, author, _ = read(HEAD + ITEM + TAIL)

    assert site == WxrSite("Site", "https://site.example", "en")
    assert author == WxrAuthor("ada", "", "Ada L.")


def test_an_item_carries_all_that_the_importer_needs() -> None:
    found = item(ITEM)

    assert (found.id, found.kind, found.status, found.slug) == ("7", "post", "publish", "one")
    assert (found.title, found.content, found.excerpt) == ("One", "<b>Hi</b>", "Short")
    assert found.date == datetime(2020, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert found.terms == (WxrTerm("post_tag", "sea", "The Sea"),)
    assert found.meta == {"_thumbnail_id": "9"}
    assert (found.sticky, found.comments, found.protected) == (True, 1, False)


def test_zeros_in_the_gmt_date_fall_back_to_the_local_one() -> None:
    found = item(ITEM.replace("2020-01-02 03:04:05", "0000-00-00 00:00:00"))

    assert found.date == datetime(2020, 1, 2, 5, 4, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    "hostile",
    [
        '<!DOCTYPE rss [<!ENTITY a "aaaa">]><rss>&a;</rss>',
        '<!DOCTYPE rss SYSTEM "file:///etc/passwd"><rss/>',
        "<rss><channel>" + "<a>" * 100,
        "<html><body>not an export</body></html>",
        "<rss><channel><title>a feed</title><item/></channel></rss>",
        "<rss><channel/></rss>",
        '<?xml version="1.0" encoding="martian"?><rss/>',
        '<?xml version="1.0" encoding="shift_jis"?><rss/>',
        "not xml at all",
        "",
    ],
)
def test_what_is_hostile_or_not_an_export_is_refused(hostile: str) -> None:
    with pytest.raises(BadExport):
        read(hostile)


def test_a_truncated_file_yields_what_was_whole_and_names_the_line() -> None:
    whole: list[object] = []

    with pytest.raises(BadExport, match=r"Line \d+"):
        whole.extend(read_wxr(io.BytesIO((HEAD + ITEM + ITEM[:200]).encode())))

    assert [type(each) for each in whole] == [WxrSite, WxrAuthor, WxrItem]


def test_control_characters_which_exports_contain_but_xml_forbids_are_left_out() -> None:
    assert item(ITEM.replace("Hi", "H\x08\x1fi\t")).content == "<b>Hi\t</b>"


def test_an_export_in_utf_16_is_read() -> None:
    text = (HEAD + ITEM + TAIL).replace("UTF-8", "UTF-16").replace("Hi", "\u0410\u1f08")
    found = list(read_wxr(io.BytesIO(text.encode("utf-16"))))

    assert [each.content for each in found if isinstance(each, WxrItem)] == ["<b>\u0410\u1f08</b>"]


@pytest.mark.parametrize(
    ("date", "moment"),
    [
        ("Thu, 02 Jan 2020 05:04:05 +0200", datetime(2020, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("Thu, 02 Jan 2020 03:04:05 -0000", datetime(2020, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("Mon, 30 Nov -0001 00:00:00 +0000", datetime(2020, 1, 2, 5, 4, 5, tzinfo=UTC)),
    ],
)
def test_without_a_gmt_date_the_date_of_the_feed_counts(date: str, moment: datetime) -> None:
    without = ITEM.replace("2020-01-02 03:04:05", "0000-00-00 00:00:00")

    assert item(without.replace("<guid>", f"<pubDate>{date}</pubDate><guid>")).date == moment


def test_an_item_without_any_valid_date_has_none() -> None:
    without = ITEM.replace("2020-01-02 03:04:05", "0000-00-00 00:00:00")

    assert item(without.replace("2020-01-02 05:04:05", "2020-02-30 00:00:00")).date is None


@pytest.mark.parametrize(
    "part",
    [b"<!--", b"<item a='", b"<item", b"<item><title>", b"<item><a>" + b"<b/>", b"<?pi "],
)
def test_an_export_that_never_ends_a_part_is_refused_before_memory_fills(part: bytes) -> None:
    chunks = iter([HEAD.encode() + part, *[b"x" * 65_536] * 400])
    stream = Chunks(chunks)

    tracemalloc.start()
    with pytest.raises(BadExport):
        list(read_wxr(stream))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert peak < 50_000_000


class Chunks:
    """A stream that hands out what an iterator makes."""

    def __init__(self, parts: Iterator[bytes]) -> None:
        self._parts = parts

    def read(self, _: int, /) -> bytes:
        return next(self._parts, b"")


def endless(items: int) -> Iterator[bytes]:
    yield HEAD.encode()
    body = ITEM.replace("<b>Hi</b>", "word " * 4000).encode()
    for _ in range(items):
        yield body
    yield TAIL.encode()


def test_memory_stays_flat_however_long_the_export() -> None:
    stream = Chunks(endless(2500))  # 50 MB
    tracemalloc.start()

    count = sum(isinstance(found, WxrItem) for found in read_wxr(stream))

    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 2500
    assert peak < 5_000_000

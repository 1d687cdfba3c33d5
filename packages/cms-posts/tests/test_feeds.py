"""Atom feeds and sitemaps."""

from datetime import UTC, datetime, timedelta
from uuid import UUID
from xml.etree import ElementTree

from cms_posts.feeds import Address, Feed, FeedEntry, atom_feed, sitemap, sitemap_index

NOW = datetime(2026, 11, 23, 4, 5, 6, tzinfo=UTC)
FEED = Feed("Site", "https://x.example/feed.atom", "https://x.example", "en")
ENTRY = FeedEntry(
    id=UUID(int=7),
    address="https://x.example/posts/a",
    title="A & B <c>",
    author="Ada",
    published=NOW - timedelta(days=1),
    updated=NOW,
    excerpt="Short",
    html="<p>Hi</p>",
    language="de",
    tags=(("sea", "The Sea"),),
)
ATOM = {"a": "http://www.w3.org/2005/Atom"}
MAP = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9"}


def parse(entry: FeedEntry = ENTRY) -> ElementTree.Element:
    return ElementTree.fromstring(atom_feed(FEED, [entry]))


def text(root: ElementTree.Element, path: str) -> str | None:
    return root.findtext(path, namespaces=ATOM)


def test_a_feed_has_what_rfc_4287_requires() -> None:
    root = parse()

    assert text(root, "a:id") == FEED.address
    assert text(root, "a:title") == "Site"
    assert text(root, "a:updated") == "2026-11-23T04:05:06Z"
    assert root.find("a:link[@rel='self']", ATOM) is not None


def test_an_entry_has_an_id_that_outlives_its_address() -> None:
    assert text(parse(), "a:entry/a:id") == "urn:uuid:00000000-0000-0000-0000-000000000007"


def test_an_entry_tells_author_dates_tags_and_content() -> None:
    entry = parse().find("a:entry", ATOM)
    assert entry is not None

    assert text(entry, "a:author/a:name") == "Ada"
    assert text(entry, "a:published") == "2026-11-22T04:05:06Z"
    assert text(entry, "a:content") == "<p>Hi</p>"
    category = entry.find("a:category", ATOM)
    assert category is not None
    assert category.attrib == {"term": "sea", "label": "The Sea"}


def test_markup_in_a_title_stays_text() -> None:
    assert text(parse(), "a:entry/a:title") == "A & B <c>"


def test_relative_addresses_in_the_content_start_from_the_page() -> None:
    content = parse().find("a:entry/a:content", ATOM)

    assert content is not None
    assert content.get("{http://www.w3.org/XML/1998/namespace}base") == ENTRY.address


def test_characters_that_xml_forbids_are_dropped() -> None:
    dirty = FeedEntry(**{f: getattr(ENTRY, f) for f in ENTRY.__slots__} | {"title": "a\x0b\uffffb"})

    assert text(parse(dirty), "a:entry/a:title") == "ab"


def test_a_sitemap_lists_pages_with_their_last_change() -> None:
    root = ElementTree.fromstring(sitemap([Address("https://x.example/a?b&c", NOW)]))

    assert root.findtext("s:url/s:loc", namespaces=MAP) == "https://x.example/a?b&c"
    assert root.findtext("s:url/s:lastmod", namespaces=MAP) == "2026-11-23T04:05:06Z"


def test_a_sitemap_index_lists_sitemaps() -> None:
    root = ElementTree.fromstring(sitemap_index([Address("https://x.example/1.xml", NOW)]))

    assert root.findtext("s:sitemap/s:loc", namespaces=MAP) == "https://x.example/1.xml"

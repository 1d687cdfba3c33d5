"""Atom feeds (RFC 4287) and sitemaps (sitemaps.org 0.9) as bytes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

#: The most addresses that one sitemap may hold.
SITEMAP_LIMIT = 50_000

ATOM = "http://www.w3.org/2005/Atom"
SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Feed:
    """The head of a feed; `address` is the feed's own URL, `site` the page it belongs to."""

    title: str
    address: str
    site: str
    language: str


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """One post in a feed; `html` is its sanitised body."""

    id: UUID
    address: str
    title: str
    author: str
    published: datetime
    updated: datetime
    excerpt: str
    html: str
    language: str
    tags: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Address:
    """A page (or a further sitemap) and when it last changed."""

    url: str
    changed: datetime


def atom_feed(feed: Feed, entries: Iterable[FeedEntry]) -> bytes:
    """Return the feed; it was updated when its newest entry was."""
    root = Element("feed", {"xmlns": ATOM, "xml:lang": feed.language})
    _add(root, "id", feed.address)
    _add(root, "title", feed.title)
    updated = _add(root, "updated", "")
    SubElement(root, "link", {"rel": "self", "href": feed.address, "type": "application/atom+xml"})
    SubElement(root, "link", {"rel": "alternate", "href": feed.site})
    latest = datetime.fromtimestamp(0, UTC)
    for entry in entries:
        root.append(_entry(entry))
        latest = max(latest, entry.updated)
    updated.text = _stamp(latest)
    return _bytes(root)


def _entry(entry: FeedEntry) -> Element:
    element = Element("entry", {"xml:lang": entry.language})
    _add(element, "id", entry.id.urn)
    _add(element, "title", entry.title)
    _add(SubElement(element, "author"), "name", entry.author)
    _add(element, "published", _stamp(entry.published))
    _add(element, "updated", _stamp(entry.updated))
    SubElement(element, "link", {"rel": "alternate", "type": "text/html", "href": entry.address})
    for slug, name in entry.tags:
        SubElement(element, "category", {"term": slug, "label": _clean(name)})
    if entry.excerpt:
        _add(element, "summary", entry.excerpt)
    content = _add(element, "content", entry.html)
    content.set("type", "html")
    content.set("xml:base", entry.address)  # pictures are addressed from the site's root
    return element


def sitemap(pages: Iterable[Address]) -> bytes:
    """Return a sitemap of at most `SITEMAP_LIMIT` pages."""
    return _addresses("urlset", "url", pages)


def sitemap_index(sitemaps: Iterable[Address]) -> bytes:
    """Return the index of several sitemaps."""
    return _addresses("sitemapindex", "sitemap", sitemaps)


def _addresses(outer: str, inner: str, addresses: Iterable[Address]) -> bytes:
    root = Element(outer, {"xmlns": SITEMAP})
    for address in addresses:
        element = SubElement(root, inner)
        _add(element, "loc", address.url)
        _add(element, "lastmod", _stamp(address.changed))
    return _bytes(root)


def _add(parent: Element, name: str, text: str) -> Element:
    element = SubElement(parent, name)
    element.text = _clean(text)
    return element


def _clean(text: str) -> str:
    """Drop the control characters that XML 1.0 can't hold, not even escaped."""
    return _FORBIDDEN.sub("", text)


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _bytes(root: Element) -> bytes:
    body: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return body

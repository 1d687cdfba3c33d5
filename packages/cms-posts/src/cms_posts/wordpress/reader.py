"""Reads a WXR export as a stream: constant memory, no entities, no document types.

An export has neither, so both are refused outright: what makes XML dangerous needs one of them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Protocol
from xml.parsers import expat

from cms_core import Invalid
from cms_posts.wordpress.items import WxrAuthor, WxrItem, WxrSite, WxrTerm, date_of

CHUNK = 64 * 1024
MAX_DEPTH = 50
#: Characters of text in one item; beyond, the file is not an export of posts.
MAX_TEXT = 20_000_000
#: Bytes that may go by without an element, comment or piece of text being complete.
MAX_TOKEN = 1_000_000

Found = WxrSite | WxrAuthor | WxrItem

_NAMESPACES = {
    "http://purl.org/dc/elements/1.1/": "dc:",
    "http://purl.org/rss/1.0/modules/content/": "content:",
}
#: Not allowed in XML, and yet in many an export; a UTF-16 file has zeros between its letters.
_CONTROLS = bytes(range(1, 32)).translate(None, b"\t\n\r")
#: All that is read of an export; what else it holds is not even kept for a moment.
_FIELDS = {
    *("title", "link", "language", "guid", "pubDate", "dc:creator", "content:encoded"),
    *("excerpt:encoded", "wp:author_display_name", "wp:author_email", "wp:author_login"),
    *(
        "wp:attachment_url",
        "wp:base_blog_url",
        "wp:is_sticky",
        "wp:meta_key",
        "wp:meta_value",
        "wp:post_date",
    ),
    *("wp:post_date_gmt", "wp:post_id", "wp:post_modified", "wp:post_modified_gmt"),
    *("wp:post_name", "wp:post_password", "wp:post_type", "wp:status"),
}
_GROUPS = {"item", "wp:author", "wp:postmeta", "wp:comment"}


class BadExport(Invalid):
    """This is not a complete WordPress export file (WXR).

    Export the site again: Tools, Export, All content.
    """


class Readable(Protocol):
    """What an export is read from: an open file, or anything that hands out bytes."""

    def read(self, size: int, /) -> bytes: ...


def read_wxr(stream: Readable) -> Iterator[Found]:
    """Yield the site, the authors and the items in the order of the file.

    Raises `BadExport`, with the line, for what is not XML, not WXR, truncated or hostile; what came
    before the fault has been yielded by then.
    """
    reader = _Reader()
    while chunk := stream.read(CHUNK):
        yield from reader.feed(chunk)
    yield from reader.feed(b"")


class _Reader:
    def __init__(self) -> None:
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text
        self._parser.StartDoctypeDeclHandler = self._refuse
        self._parser.EntityDeclHandler = self._refuse
        self._found: deque[Found] = deque()
        self._path: list[str] = []
        self._words: list[str] = []
        self._size = 0
        self._line = 0
        self._is_wxr = False
        self._site: dict[str, str] | None = {}
        self._item: dict[str, str] = {}
        self._group: dict[str, str] = {}
        self._terms: list[WxrTerm] = []
        self._meta: dict[str, str] = {}
        self._comments = 0
        self._attributes: dict[str, str] = {}
        self._fed = 0
        self._is_wide = False

    def feed(self, chunk: bytes) -> Iterator[Found]:
        fault: BadExport | None = None
        try:
            self._parse(chunk, is_last=not chunk)
        except expat.ExpatError as error:
            fault = BadExport(f"Line {error.lineno}: {expat.ErrorString(error.code)}.")
        except (LookupError, ValueError):
            fault = self._bad("its encoding is not known")
        except BadExport as error:
            fault = error
        while self._found:
            yield self._found.popleft()
        if fault:
            raise fault

    def _parse(self, chunk: bytes, is_last: bool) -> None:
        if not self._fed:
            self._is_wide = chunk[:2] in (b"\xff\xfe", b"\xfe\xff")
        chunk = chunk if self._is_wide else chunk.translate(None, _CONTROLS)
        self._parser.Parse(chunk, is_last)
        self._fed += len(chunk)
        if self._fed - self._parser.CurrentByteIndex > MAX_TOKEN:
            raise self._bad("a tag or comment is too long")
        if is_last and not self._is_wxr:
            raise self._bad("it has no wp:wxr_version")

    def _bad(self, why: str) -> BadExport:
        return BadExport(f"Line {self._parser.CurrentLineNumber}: {why}.")

    def _refuse(self, *_: object) -> None:
        raise self._bad("document types and entities are refused")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        name = _short(name)
        if not self._path and name != "rss":
            raise self._bad("it does not begin with <rss>")
        if len(self._path) >= MAX_DEPTH:
            raise self._bad("elements are nested too deeply")
        self._path.append(name)
        self._words.clear()
        self._attributes = attributes
        self._grow(sum(map(len, attributes.values())))
        if name == "item":
            self._begin_item()
        elif name in _GROUPS:
            self._group = {}

    def _begin_item(self) -> None:
        if not self._is_wxr:
            raise self._bad("it has no wp:wxr_version")
        self._tell_site()
        self._item, self._terms, self._meta, self._comments = {}, [], {}, 0
        self._size, self._line = 0, self._parser.CurrentLineNumber

    def _text(self, text: str) -> None:
        self._grow(len(text))
        self._words.append(text)

    def _grow(self, size: int) -> None:
        self._size += size
        if self._size > MAX_TEXT:
            raise self._bad("an item is too large")

    def _end(self, _: str) -> None:
        name = self._path.pop()
        parent = self._path[-1] if self._path else ""
        if name in _GROUPS:
            self._end_group(name)
        elif parent == "item" and name == "category":
            self._end_term()
        elif parent == "channel":
            self._end_head(name)
        elif name in _FIELDS and parent == "item":
            self._item.setdefault(name, "".join(self._words))
        elif name in _FIELDS and parent in _GROUPS:
            self._group[name] = "".join(self._words)
        self._words.clear()

    def _end_head(self, name: str) -> None:
        self._is_wxr |= name == "wp:wxr_version"
        if self._site is not None and name in _FIELDS:
            self._site[name] = "".join(self._words)
        self._size = 0

    def _end_term(self) -> None:
        name = "".join(self._words).strip()
        domain, slug = self._attributes.get("domain", ""), self._attributes.get("nicename", "")
        if name:
            self._terms.append(WxrTerm(domain, slug, name))

    def _end_group(self, name: str) -> None:
        if name == "item":
            self._found.append(self._finish_item())
        elif name == "wp:comment":
            self._comments += 1
        elif name == "wp:postmeta":
            self._meta[self._group.get("wp:meta_key", "")] = self._group.get("wp:meta_value", "")
        else:
            self._tell_site()
            login = self._group.get("wp:author_login", "").strip()
            shown = self._group.get("wp:author_display_name", "").strip()
            email = self._group.get("wp:author_email", "").strip()
            self._found.append(WxrAuthor(login, email, shown or login))

    def _finish_item(self) -> WxrItem:
        get = self._item.get
        return WxrItem(
            id=get("wp:post_id", "").strip(),
            kind=get("wp:post_type", "post").strip(),
            status=get("wp:status", "publish").strip(),
            guid=get("guid", "").strip(),
            link=get("link", "").strip(),
            title=get("title", "").strip(),
            slug=get("wp:post_name", "").strip(),
            author=get("dc:creator", "").strip(),
            content=get("content:encoded", ""),
            excerpt=get("excerpt:encoded", "").strip(),
            date=date_of(get("wp:post_date_gmt", ""), get("pubDate", ""), get("wp:post_date", "")),
            modified=date_of(get("wp:post_modified_gmt", ""), "", get("wp:post_modified", "")),
            protected=bool(get("wp:post_password", "").strip()),
            sticky=get("wp:is_sticky", "").strip() == "1",
            comments=self._comments,
            terms=tuple(self._terms),
            meta=self._meta,
            file=get("wp:attachment_url", "").strip(),
            line=self._line,
        )

    def _tell_site(self) -> None:
        if self._site is not None:
            get = self._site.get
            title, link = get("title", "").strip(), get("wp:base_blog_url", get("link", ""))
            self._found.append(WxrSite(title, link.strip(), get("language", "").strip()))
            self._site = None


def _short(name: str) -> str:
    """``uri local`` as the customary prefix and local name; WXR's own URI carries its version."""
    uri, _, local = name.rpartition(" ")
    if "wordpress.org/export/" in uri:
        return f"excerpt:{local}" if "/excerpt" in uri else f"wp:{local}"
    return f"{_NAMESPACES.get(uri, '')}{local}"

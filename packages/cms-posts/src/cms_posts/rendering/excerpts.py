"""The beginning of a body as plain text, for lists, feeds and search results."""

import re
from collections.abc import Iterator
from html import unescape

from cms_posts.rendering.balancing import FORMATTING
from cms_posts.rendering.markup import VOID_ELEMENTS, Kind, Token, attributes, tokens

_INLINE = (
    FORMATTING
    | {"abbr", "bdi", "bdo", "cite", "del", "dfn", "ins", "kbd", "mark", "q"}
    | {*("rp", "rt", "ruby", "samp", "span", "sub", "sup", "time", "var", "wbr")}
)
_UNREAD_ELEMENTS = frozenset({"rp", "rt"})
_UNREAD_CLASSES = frozenset({"footnote-ref", "footnotes", "footnotes-sep"})
_WHITESPACE = re.compile(r"\s+")


def excerpt_of(html: str, length: int = 200) -> str:
    """At most `length` characters of the text in rendered `html`, cut between words.

    The readings of ruby characters and footnotes are left out.
    """
    text = ""
    for piece in _text_pieces(html):
        text = _WHITESPACE.sub(" ", text + piece)
        if len(text) > length + 1:
            break
    text = text.strip()
    if len(text) <= length:
        return text
    whole_words = text[:length].rpartition(" ")[0]
    kept = whole_words if len(whole_words) > length // 2 else text[: length - 1]
    return kept.rstrip(" ,;:.-") + "\u2026"


def _text_pieces(html: str) -> Iterator[str]:
    unread = 0
    for token in tokens(html):
        if token.kind is Kind.TEXT and not unread:
            yield unescape(token.text)
        elif token.kind is Kind.START and token.name not in VOID_ELEMENTS:
            unread += bool(unread) or _is_unread(token)
        elif token.kind is Kind.END and unread:
            unread -= 1
        if token.name and token.name not in _INLINE:
            yield " "


def _is_unread(token: Token) -> bool:
    classes = dict(attributes(token.text)).get("class", "").split()
    return token.name in _UNREAD_ELEMENTS or not _UNREAD_CLASSES.isdisjoint(classes)

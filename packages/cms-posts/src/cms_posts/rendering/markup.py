"""HTML cut into tags, text and comments the way a browser's tokenizer does it.

Linear in the length of the text for every input: no alternative below can be entered twice at one
place, and what is not closed reaches to the end. Source: HTML Standard, section 13.2.5.
"""

import re
from collections.abc import Iterator
from enum import Enum, auto
from html import unescape
from typing import NamedTuple


class Kind(Enum):
    """What a token is; `RAW` is the content of an element in which tags mean nothing."""

    TEXT = auto()
    START = auto()
    END = auto()
    COMMENT = auto()
    RAW = auto()


class Token(NamedTuple):
    """A piece of markup: its kind, the element's name in lower case (of tags and raw text) and the
    characters it consists of."""

    kind: Kind
    name: str
    text: str


RAW_ELEMENTS = frozenset(
    {"iframe", "noembed", "noframes", "plaintext", "script", "style", "textarea", "title", "xmp"}
)
VOID_ELEMENTS = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param"}
    | {"source", "track", "wbr"}
)

_SPACE = r"[ \t\n\f\r]"
_ATTRIBUTE = rf"""
    (?P<attribute>[^ \t\n\f\r/>][^ \t\n\f\r/>=]*+)
    (?:{_SPACE}*+={_SPACE}*+
        (?P<value>"[^"]*+(?:"|\Z)|'[^']*+(?:'|\Z)|[^ \t\n\f\r>"'][^ \t\n\f\r>]*+|(?=>|\Z)))?+
"""
_UNNAMED_ATTRIBUTE = re.sub(r"\?P<\w+>", "?:", _ATTRIBUTE)
_MARKUP = re.compile(
    rf"""
    <(?P<slash>/?)(?P<name>[a-zA-Z][^ \t\n\f\r/>]*+)
        (?:[ \t\n\f\r/]++|{_UNNAMED_ATTRIBUTE})*+(?P<closed>>|\Z)
    | <!--(?:-?>|.*?(?:--!?>|\Z))
    | <(?:[!?]|/(?![a-zA-Z]))[^>]*+(?:>|\Z)
    """,
    re.VERBOSE | re.DOTALL,
)
_ATTRIBUTES = re.compile(_ATTRIBUTE, re.VERBOSE)
_TAG_NAME = re.compile(r"</?[a-zA-Z][^ \t\n\f\r/>]*+")


def tokens(html: str) -> Iterator[Token]:
    """Cut `html` into tokens. A tag that the text ends in is left out, as browsers do."""
    position = 0
    while match := _MARKUP.search(html, position):
        if match.start() > position:
            yield Token(Kind.TEXT, "", html[position : match.start()])
        position = match.end()
        if match["name"] is None:
            yield Token(Kind.COMMENT, "", match[0])
        elif match["closed"]:
            token = Token(
                Kind.END if match["slash"] else Kind.START, match["name"].lower(), match[0]
            )
            yield token
            if token.kind is Kind.START and token.name in RAW_ELEMENTS:
                raw = html[position : _end_of_raw_text(html, token.name, position)]
                position += len(raw)
                yield Token(Kind.RAW, token.name, raw)
    if position < len(html):
        yield Token(Kind.TEXT, "", html[position:])


def attributes(tag: str) -> Iterator[tuple[str, str]]:
    """The names, in lower case, and decoded values of the attributes of a start tag's text."""
    start = _TAG_NAME.match(tag)
    for match in _ATTRIBUTES.finditer(tag, start.end() if start else 0):
        value = match["value"] or ""
        quoted = value[:1] in ("'", '"')
        yield match["attribute"].lower(), unescape(value[1:-1] if quoted else value)


def _end_of_raw_text(html: str, name: str, start: int) -> int:
    end = re.compile(rf"</{name}(?=[ \t\n\f\r/>])", re.IGNORECASE).search(html, start)
    return end.start() if end and name != "plaintext" else len(html)

"""WordPress content as storable HTML: what the editor's comments, shortcodes and line ends mean.

Sanitising comes later, with every other body; here only what HTML itself can't say is translated.
Each step reads the text once, so that the time grows with its length whatever it holds.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape
from itertools import groupby
from types import MappingProxyType
from typing import NamedTuple

from cms_posts.rendering.markup import Kind, attributes, tokens
from cms_posts.wordpress.footnotes import footnote_list
from cms_posts.wordpress.paragraphs import paragraphs
from cms_posts.wordpress.shortcodes import expand

_COMMENT = re.compile(r"<!--\s*(?P<text>.*?)(?:-->|\Z)", re.DOTALL)
_FOOTNOTES = re.compile(r"<!-- wp:(?:core/)?footnotes\b[^>]*/-->")
_ADDRESS_LINE = re.compile(r"^[ \t]*(https?://[^\s<>\"\[\]]+)[ \t]*$", re.MULTILINE)
_FRAMES = frozenset({"embed", "iframe"})
_VERBATIM = frozenset({"a", "code", "pre"})
_NO_ATTACHMENTS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Content:
    """The HTML, the part before ``<!--more-->`` if there is one, and what was changed how often."""

    html: str
    teaser: str
    changes: Mapping[str, int]


class _Piece(NamedTuple):
    text: str
    #: Of the classic editor, not of a block: its line ends mean paragraphs.
    is_classic: bool
    is_teaser: bool


def translate(
    source: str, attachments: Mapping[str, str] = _NO_ATTACHMENTS, footnotes: str = ""
) -> Content:
    """Translate the content of one WordPress post; never fails, reports what it changed.

    `attachments` are the addresses of the site's files by their WordPress ids: galleries show them.
    `footnotes` is the post's meta of this name.
    """
    changes: Counter[str] = Counter()
    text = source.replace("\r\n", "\n").replace("\r", "\n")
    text = _FOOTNOTES.sub(lambda block: footnote_list(footnotes) or block[0], text)
    teaser: list[str] = []
    rest: list[str] = []
    for (is_classic, is_teaser), pieces in groupby(_pieces(text, changes), lambda piece: piece[1:]):
        written = "".join(piece.text for piece in pieces)
        html = _link_embeds(expand(written, attachments, changes), changes)
        if is_classic and html.strip():
            html = paragraphs(html)
        (teaser if is_teaser else rest).append(html)
    beginning = "".join(teaser).strip()
    if not rest:
        return Content(beginning, "", changes)
    return Content(f"{beginning}\n{''.join(rest)}".strip(), beginning, changes)


def _pieces(text: str, changes: Counter[str]) -> Iterator[_Piece]:
    """The text between the editor's comments."""
    depth = end = 0
    is_teaser = True
    for comment in _COMMENT.finditer(text):
        yield _Piece(text[end : comment.start()], depth == 0, is_teaser)
        end = comment.end()
        said = comment["text"].strip()
        if said == "nextpage":
            changes["page breaks joined"] += 1
            yield _Piece("\n\n", depth == 0, is_teaser)
        elif re.match(r"more\b", said):
            is_teaser = False
        elif said.startswith("wp:") and said.endswith("/"):
            changes[f"block {said[3:-1].partition(' ')[0]} without content dropped"] += 1
        else:
            depth = max(0, depth + _nesting(said))
    yield _Piece(text[end:], depth == 0, is_teaser)


def _nesting(comment: str) -> int:
    """1 where a block begins and -1 where it ends; the classic editor's block is none."""
    name = comment.partition(" ")[0]
    if name.removeprefix("/") in ("wp:freeform", "wp:core/freeform"):
        return 0
    return name.startswith("wp:") - name.startswith("/wp:")


def _link_embeds(text: str, changes: Counter[str]) -> str:
    """Frames, and addresses that have a line to themselves, become links: they were embedded."""
    output: list[str] = []
    verbatim = 0

    def link(line: re.Match[str]) -> str:
        changes["embedded addresses made links"] += 1
        return f'<a href="{line[1]}">{line[1]}</a>'

    for token in tokens(text):
        if token.name in _VERBATIM and token.kind is not Kind.RAW:
            verbatim = max(0, verbatim + (1 if token.kind is Kind.START else -1))
        if token.name in _FRAMES:
            if token.kind is Kind.START:
                output.append(_frame_link(token.text, changes))
        elif token.kind is Kind.TEXT and not verbatim:
            output.append(_ADDRESS_LINE.sub(link, token.text))
        else:
            output.append(token.text)
    return "".join(output)


def _frame_link(tag: str, changes: Counter[str]) -> str:
    given = dict(attributes(tag))
    address = given.get("src", "")
    if not address.startswith(("http://", "https://", "//")):
        changes["frames without an address dropped"] += 1
        return ""
    changes["frames made links"] += 1
    label = given.get("title") or address
    return f'<a href="{escape(address)}">{escape(label)}</a>'

"""WordPress' classic editor stores paragraphs as blank lines; HTML needs elements."""

import re
from collections.abc import Iterable, Iterator

from cms_posts.rendering.balancing import MAX_DEPTH
from cms_posts.rendering.markup import VOID_ELEMENTS, Kind, Token, tokens

_BLOCKS = frozenset(
    {"address", "article", "aside", "audio", "blockquote", "center", "dd", "details", "div", "dl"}
    | {"dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5"}
    | {"h6", "header", "hgroup", "hr", "legend", "li", "main", "menu", "nav", "ol", "p"}
    | {"section", "summary", "table", "caption", "col", "colgroup", "tbody", "td", "tfoot", "th"}
    | {"thead", "tr", "ul", "video"}
)
#: Blocks in which loose text is a paragraph.
_FLOW = frozenset(
    {"article", "aside", "blockquote", "center", "details", "div", "fieldset", "footer", "form"}
    | {"header", "main", "section"}
)
#: Blocks whose text is their own, unless blank lines divide it.
_ITEMS = frozenset({"address", "dd", "li", "p", "td", "th"})
_BLANK_LINES = re.compile(r"\n\s*\n")
_BREAKS = ("<br>", "<br/>", "<br />")


def paragraphs(text: str) -> str:
    """Make paragraphs of text between blank lines, and breaks of single line ends.

    Block elements stand for themselves, and preformatted text is left exactly as it is.
    """
    return "".join(_blocks(tokens(text)))


def _blocks(stream: Iterable[Token]) -> Iterator[str]:
    """Yield tags of blocks and the text between them, in paragraphs where it has to be."""
    open_blocks: list[str] = []
    inline: list[str] = []
    preformatted: list[str] = []
    for token in stream:
        if preformatted or token.name == "pre":
            preformatted.append(token.text)
            if token.name == "pre" and token.kind is Kind.END:
                yield from _loose(inline, open_blocks)
                yield "".join(preformatted) + "\n"
                preformatted.clear()
        elif token.name in _BLOCKS:
            yield from _loose(inline, open_blocks)
            yield token.text if token.kind is Kind.START else f"{token.text}\n"
            _follow(token, open_blocks)
        else:
            inline.append(token.text)
    yield from _loose(inline + preformatted, open_blocks)


def _follow(token: Token, open_blocks: list[str]) -> None:
    if token.kind is Kind.START and token.name not in VOID_ELEMENTS:
        if len(open_blocks) < MAX_DEPTH:  # deeper content is refused when it is rendered
            open_blocks.append(token.name)
    elif token.kind is Kind.END and token.name in open_blocks:
        while open_blocks.pop() != token.name:
            pass  # an end tag closes what was left open inside, as browsers do


def _loose(inline: list[str], open_blocks: list[str]) -> Iterator[str]:
    """Yield what has been collected between two tags of blocks, and forget it."""
    text = "".join(inline).strip()
    inline.clear()
    block = open_blocks[-1] if open_blocks else "div"
    parts = _BLANK_LINES.split(text) if text else []
    if block in _FLOW or (block in _ITEMS - {"p"} and len(parts) > 1):
        for part in parts:
            yield f"<p>{_with_breaks(part)}</p>\n"
    elif text:
        yield _with_breaks(text) if block in _ITEMS else text


def _with_breaks(text: str) -> str:
    *lines, last = (line.rstrip() for line in text.split("\n"))
    breaks = (f"{line}\n" if line.endswith(_BREAKS) else f"{line}<br>\n" for line in lines)
    return "".join(breaks) + last

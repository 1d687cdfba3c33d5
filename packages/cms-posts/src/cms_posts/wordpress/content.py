"""WordPress content as storable HTML: block comments, shortcodes, and paragraphs by blank lines.

Sanitising comes later, with every other body; here only what HTML itself can't say is translated.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

_BLOCK_COMMENT = re.compile(r"<!--\s*/?wp:.*?-->", re.DOTALL)
_MORE = re.compile(r"<!--\s*more\b.*?-->", re.DOTALL)
_PAGE_BREAK = re.compile(r"<!--\s*nextpage\s*-->")
_CAPTION = re.compile(
    r"\[(?:wp_)?caption(?P<attributes>[^\]]*)\](?P<inner>.*?)\[/(?:wp_)?caption\]", re.DOTALL
)
_LEADING_MEDIA = re.compile(r"\s*((?:<a\b[^>]*>\s*)?<img\b[^>]*>(?:\s*</a>)?)", re.DOTALL)
_CAPTION_ATTRIBUTE = re.compile(r"""caption=(["'])(.*?)\1""", re.DOTALL)
_EMBED = re.compile(r"\[(embed|audio|video|playlist)\b([^\]]*)\](?:([^\[]*)\[/\1\])?")
_ADDRESS = re.compile(r"""https?://[^\s"'\]<>]+""")
_SHORTCODE = re.compile(r"\[(/?)([a-z][a-z0-9_-]*)((?:\s+[^\]]*)?)\]", re.IGNORECASE)
#: Shortcodes of WordPress and its common plugins that stand for something HTML can't hold here.
_DROPPED = {
    "gallery",
    "playlist",
    "contact-form",
    "contact-field",
    "polldaddy",
    "archives",
    "tweet",
}

_BLOCKS = (
    "address|article|aside|audio|blockquote|center|dd|details|div|dl|dt|fieldset|figcaption|figure|"
    "footer|form|h[1-6]|header|hgroup|hr|iframe|legend|li|main|map|menu|nav|noscript|ol|p|picture|"
    "pre|section|script|style|summary|table|tbody|td|tfoot|th|thead|tr|ul|video"
)
_BLOCK_TAG = re.compile(rf"<(/?)({_BLOCKS})\b[^>]*>", re.IGNORECASE)
_VOID = {"hr"}
#: Blocks in which loose text is a paragraph; in all others (headings, list items, …) it is theirs.
_FLOW = {"article", "aside", "blockquote", "center", "details", "div", "fieldset"} | {
    "footer",
    "form",
    "header",
    "main",
    "section",
}
_VERBATIM = re.compile(r"<(pre|script|style|textarea|svg)\b.*?</\1\s*>", re.IGNORECASE | re.DOTALL)


NEWLINE, BREAK = "\n", "<br>\n"


@dataclass(frozen=True, slots=True)
class Content:
    """The HTML, the part before ``<!--more-->`` if there is one, and what was changed."""

    html: str
    teaser: str
    changes: tuple[str, ...]


def translate(source: str) -> Content:
    """Translate the content of one WordPress post; never fails, reports what it changed."""
    changes: Counter[str] = Counter()
    has_blocks = "<!-- wp:" in source
    text = source.replace("\r\n", "\n").replace("\r", "\n")
    text = _BLOCK_COMMENT.sub("", text)
    text, breaks = _PAGE_BREAK.subn("\n\n", text)
    changes["page breaks joined"] += breaks
    text = _shortcodes(text, changes)
    teaser, more, rest = _split_at_more(text)
    html = teaser + rest
    if not has_blocks:
        html, teaser = paragraphs(html), paragraphs(teaser)
    said = tuple(f"{what} ({count})" for what, count in sorted(changes.items()) if count)
    return Content(html.strip(), teaser.strip() if more else "", said)


def _split_at_more(text: str) -> tuple[str, bool, str]:
    match = _MORE.search(text)
    if match is None:
        return text, False, ""
    return text[: match.start()], True, text[match.end() :]


def _shortcodes(text: str, changes: Counter[str]) -> str:
    def caption(match: re.Match[str]) -> str:
        changes["captions made figures"] += 1
        return _figure(match["attributes"], match["inner"])

    def embed(match: re.Match[str]) -> str:
        address = _ADDRESS.search(f"{match[3] or ''} {match[2]}")
        if address is None:
            changes[f"[{match[1]}] dropped"] += 1
            return ""
        changes[f"[{match[1]}] made a link"] += 1
        url = escape(address[0])
        return f'<a href="{url}">{url}</a>'

    def other(match: re.Match[str]) -> str:
        if match[2].lower() not in _DROPPED:
            return match[0]  # brackets are ordinary text too
        changes[f"[{match[2].lower()}] dropped"] += not match[1]
        return ""

    return _SHORTCODE.sub(other, _EMBED.sub(embed, _CAPTION.sub(caption, text)))


def _figure(attributes: str, inner: str) -> str:
    media = _LEADING_MEDIA.match(inner)
    given = _CAPTION_ATTRIBUTE.search(attributes)
    image = media[1] if media else inner
    legend = given[2] if given else inner[media.end() :] if media else ""
    caption = f"<figcaption>{legend.strip()}</figcaption>" if legend.strip() else ""
    return f"\n\n<figure>{image.strip()}{caption}</figure>\n\n"


def paragraphs(text: str) -> str:
    """Make paragraphs of text between blank lines and breaks of single line ends.

    Block elements stand for themselves, and preformatted text is left exactly as it is.
    """
    kept: list[str] = []

    def keep(match: re.Match[str]) -> str:
        kept.append(match[0])
        return f"\n\n\x00{len(kept) - 1}\x00\n\n"

    text = _VERBATIM.sub(keep, text.replace("\x00", ""))
    html = "\n".join(_blocks(text))
    return re.sub(r"\x00(\d+)\x00", lambda match: kept[int(match[1])], html)


def _blocks(text: str) -> Iterator[str]:
    """Yield block tags and the text between them, as paragraphs where it is in flow content."""
    open_blocks: list[str] = []
    end = 0
    for tag in _BLOCK_TAG.finditer(text):
        yield from _loose(text[end : tag.start()], open_blocks)
        yield tag[0]
        _follow(tag, open_blocks)
        end = tag.end()
    yield from _loose(text[end:], open_blocks)


def _follow(tag: re.Match[str], open_blocks: list[str]) -> None:
    name = tag[2].lower()
    if not tag[1] and name not in _VOID and not tag[0].endswith("/>"):
        open_blocks.append(name)
    elif tag[1] and name in open_blocks:
        # An end tag closes what was left open inside, as browsers do.
        del open_blocks[len(open_blocks) - 1 - open_blocks[::-1].index(name) :]


def _loose(text: str, open_blocks: list[str]) -> Iterator[str]:
    if open_blocks and open_blocks[-1] not in _FLOW:
        if text.strip():
            yield text.strip()
        return
    for part in re.split(r"\n\s*\n", text):
        if part := part.strip():
            yield part if part.startswith("\x00") else f"<p>{part.replace(NEWLINE, BREAK)}</p>"

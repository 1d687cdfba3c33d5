"""Markdown to HTML: CommonMark with tables, strikethrough, footnotes and bare addresses as links.

Raw HTML is let through here; the result is only safe once it has been sanitised.
"""

import re
from hashlib import blake2s

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from mdit_py_plugins.footnote import footnote_plugin
from mdit_py_plugins.footnote.index import footnote_ref

from cms_posts.rendering.balancing import MAX_DEPTH, BodyTooComplex

MAX_BRACKETS = 20_000
MAX_NESTED_LINES = 500_000

_SCHEME = re.compile(r"(?:^|[^A-Za-z0-9])(https?)\Z")
_ADDRESS = re.compile(r"://[^\s<>\"`]+")
_FOOTNOTE_LABEL = re.compile(r"\[\^[^\s\]]{1,200}\]")


def markdown_to_html(text: str) -> str:
    """The HTML of a Markdown text.

    The ids of footnotes hold a digest of the text: equal for equal texts, and distinct on a page
    that shows several posts. Raises `BodyTooComplex` when its blocks are nested too deeply or over
    too many lines (`MAX_NESTED_LINES` is the sum of the depths of all lines), or when it has more
    than `MAX_BRACKETS` brackets, each of which costs a search for its end.
    """
    if text.count("[") > MAX_BRACKETS or _is_too_nested(text):
        raise BodyTooComplex
    footnotes = {"docId": blake2s(text.encode(), digest_size=4).hexdigest()}
    tokens = _PARSER.parse(text, footnotes)
    for token in tokens:
        if token.nesting == 1 and token.level + 1 >= MAX_DEPTH:
            raise BodyTooComplex  # the parser has skipped all that is nested deeper
        alignment = token.attrs.pop("style", None)
        if isinstance(alignment, str):
            token.attrs["align"] = alignment.removeprefix("text-align:")
    html: str = _PARSER.renderer.render(tokens, _PARSER.options, footnotes)
    return html


def _is_too_nested(text: str) -> bool:
    """Whether lines begin with too many marks of lists and quotations.

    The parser looks at a line once for each list or quotation around it; these end at a blank line
    unless the next one is indented or marked again.
    """
    looks = depth = 0
    for line in text.splitlines():
        marks = line[: len(line) - len(line.lstrip(" \t>*+-0123456789.)"))]
        if marks != line and len(marks.split()) > MAX_DEPTH:
            return True
        depth = max(depth, len(marks)) if line.strip() else 0
        looks += min(depth, MAX_DEPTH)
    return looks > MAX_NESTED_LINES


def _parse_inline(state: StateCore) -> None:
    for token in state.tokens:
        if token.type == "inline" and token.children is not None:
            _INLINE.inline.parse(token.content, _INLINE, state.env, token.children)


def _autolink(state: StateInline, silent: bool) -> bool:
    if state.linkLevel or not state.src.startswith("://", state.pos):
        return False
    scheme = _SCHEME.search(state.pending[-6:])
    rest = _ADDRESS.match(state.src, state.pos, state.posMax)
    if not scheme or not rest:
        return False
    address = _without_punctuation(rest[0])
    url = state.md.normalizeLink(scheme[1] + address)
    if len(address) <= len("://") or not state.md.validateLink(url):
        return False
    if not silent:
        state.pending = state.pending.removesuffix(scheme[1])
        state.push("link_open", "a", 1).attrs = {"href": url}
        state.push("text", "", 0).content = scheme[1] + address
        state.push("link_close", "a", -1)
    state.pos += len(address)
    return True


def _without_punctuation(address: str) -> str:
    """The address without what belongs to the sentence around it, such as `).`"""
    address = address.rstrip("?!.,:;*_~'\"")
    unopened = address.count(")") - address.count("(")
    while unopened > 0 and address.endswith(")"):
        address = address.removesuffix(")")
        unopened -= 1
    return address


def _footnote_reference(state: StateInline, silent: bool) -> bool:
    label = _FOOTNOTE_LABEL.match(state.src, state.pos, state.posMax)
    return label is not None and footnote_ref(state, silent)


def _make_parser(max_nesting: int) -> MarkdownIt:
    parser = MarkdownIt("js-default", {"html": True, "maxNesting": max_nesting})
    parser.use(footnote_plugin, inline=False)
    parser.inline.ruler.at("footnote_ref", _footnote_reference)
    parser.inline.ruler.at("linkify", _autolink)
    parser.core.ruler.at("inline", _parse_inline)
    return parser


_PARSER = _make_parser(MAX_DEPTH)
_INLINE = _make_parser(max_nesting=10)  # the cost of a bracket that nothing closes grows with this

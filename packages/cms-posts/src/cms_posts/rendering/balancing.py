"""Markup in which every element is closed, in the order in which it was opened.

Browsers and sanitisers repair bad nesting with an algorithm whose work grows with the square of
the input: a megabyte of `<div>` or of `<p><b>` takes minutes or all memory. Here the same repairs
are made under limits, so that what follows only ever sees well nested, shallow markup.
"""

from cms_core import Invalid
from cms_posts.rendering.markup import VOID_ELEMENTS, Kind, Token, attributes, tokens

MAX_DEPTH = 100
MAX_REOPENED = 10_000
MAX_REPEATED = 3
MAX_ATTRIBUTES = 40

FORMATTING = frozenset(
    {"a", "b", "big", "code", "em", "font", "i", "s", "small", "strike", "strong", "tt", "u"}
)
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_CELLS = frozenset({"caption", "td", "th"})
_ROW_GROUPS = frozenset({"tbody", "tfoot", "thead"})
_ROWS = _ROW_GROUPS | {"colgroup", "table", "tr"}
_TABLE_PARTS = _CELLS | _ROWS
_BLOCKS = frozenset(
    {"address", "article", "aside", "blockquote", "center", "details", "div", "dl", "figcaption"}
    | {"figure", "footer", "header", "hgroup", "hr", "main", "nav", "ol", "p", "pre", "section"}
    | {"summary", "table", "ul"}
)
_ENDED_BY_START: dict[str, frozenset[str]] = {
    **dict.fromkeys(_BLOCKS, frozenset({"p"})),
    **dict.fromkeys(_HEADINGS, _HEADINGS | {"p"}),
    **dict.fromkeys(["dd", "dt"], frozenset({"dd", "dt", "p"})),
    **dict.fromkeys(["td", "th"], _CELLS | {"colgroup", "p"}),
    **dict.fromkeys(_ROW_GROUPS | {"colgroup"}, _TABLE_PARTS - {"table"} | {"p"}),
    "li": frozenset({"li", "p"}),
    "tr": _CELLS | {"colgroup", "p", "tr"},
}
_STRUCTURE = _BLOCKS | _HEADINGS | _TABLE_PARTS | {"col", "dd", "dt", "li"}


class BodyTooComplex(Invalid):
    """The body is nested too deeply, or its elements are too badly closed, to be shown."""


def balanced(html: str, elements: frozenset[str]) -> str:
    """`html` with only the given elements, each of them closed, without comments.

    Raises `BodyTooComplex` beyond `MAX_DEPTH` open elements, or when elements that were closed
    in the wrong order had to be opened again more than `MAX_REOPENED` times.
    """
    balancer = _Balancer(elements)
    for token in tokens(html):
        balancer.take(token)
    balancer.close_down_to(0)
    return "".join(balancer.output)


class _Balancer:
    """The open elements, and those that wait to be opened again where the content goes on."""

    def __init__(self, elements: frozenset[str]) -> None:
        self.elements = elements
        self.output: list[str] = []
        self.open: list[Token] = []
        self.structure: list[int] = []
        self.interrupted: list[Token] = []
        self.reopened = 0

    def take(self, token: Token) -> None:
        if token.kind is Kind.TEXT:
            self.add(token.text)
        elif token.name in self.elements:
            if token.kind is Kind.START:
                self.start(token)
            else:
                self.end(token.name)

    def add(self, text: str) -> None:
        if self.output and self.output[-1].startswith("<pre"):
            text = text.lstrip("\r\n")  # a parser drops the first: unequal at each rendering
        if text and not text.isspace():
            self.enter_cell()
            self.reopen()
        if text:
            self.output.append(text.replace("<", "&lt;"))

    def start(self, token: Token) -> None:
        if token.name == "a":
            self.end("a")
        if token.name not in _STRUCTURE or not all(map(_is_formatting, self.interrupted)):
            self.enter_cell()
            self.reopen()
        self.end_implicitly(token.name)
        if token.name not in _TABLE_PARTS and token.name != "col":
            self.enter_cell()
        if not self.is_repeated(token):
            self.push(token)

    def end(self, name: str) -> None:
        for at in range(len(self.interrupted) - 1, -1, -1):
            if self.interrupted[at].name == name:
                del self.interrupted[at]
                return
        position = self.position_in_scope(name)
        if position is not None:
            self.close(position)

    def end_implicitly(self, name: str) -> None:
        ends = _ENDED_BY_START.get(name, frozenset())
        while self.structure and self.open[self.structure[-1]].name in ends:
            self.close(self.structure[-1])

    def enter_cell(self) -> None:
        """Content between the cells of a table gets a cell: browsers would move it before the
        table, which costs them a search among all siblings each time."""
        while self.open and (name := self.open[-1].name) in _ROWS:
            if name == "colgroup":
                self.close(len(self.open) - 1)
            else:
                cell_or_row = "td" if name == "tr" else "tr"
                self.push(Token(Kind.START, cell_or_row, f"<{cell_or_row}>"))

    def position_in_scope(self, name: str) -> int | None:
        for at in range(len(self.open) - 1, -1, -1):
            if self.open[at].name == name:
                return at
            if self.open[at].name in _CELLS and name not in _TABLE_PARTS:
                return None
        return None

    def close(self, position: int) -> None:
        """Close an element and all inside it, of which formatting goes on behind it; what
        formatting itself contains goes on as a whole. Nothing leaves a table's cell."""
        element, *inside = self.close_down_to(position)
        if not _is_formatting(element):
            inside = list(filter(_is_formatting, inside))
        if element.name in _CELLS:
            self.interrupted.clear()
        elif element.name not in _TABLE_PARTS:
            self.interrupted[:0] = inside

    def close_down_to(self, position: int) -> list[Token]:
        closed = self.open[position:]
        self.output.extend(f"</{token.name}>" for token in reversed(closed))
        del self.open[position:]
        while self.structure and self.structure[-1] >= position:
            self.structure.pop()
        return closed

    def reopen(self) -> None:
        self.reopened += len(self.interrupted)
        if self.reopened > MAX_REOPENED:
            raise BodyTooComplex
        interrupted, self.interrupted = self.interrupted, []
        for token in interrupted:
            self.push(token)

    def push(self, token: Token) -> None:
        self.output.append(_bounded(token))
        if token.name not in VOID_ELEMENTS:
            if token.name in _STRUCTURE:
                self.structure.append(len(self.open))
            self.open.append(token)
            if len(self.open) > MAX_DEPTH:
                raise BodyTooComplex

    def is_repeated(self, token: Token) -> bool:
        """Whether three like it are open already: what forgets its end tags would only pile up."""
        return (
            len(self.open) >= MAX_REPEATED
            and _is_formatting(token)
            and [opened.text for opened in self.open].count(token.text) >= MAX_REPEATED
        )


def _is_formatting(token: Token) -> bool:
    return token.name in FORMATTING


def _bounded(token: Token) -> str:
    """The tag; without its attributes when there are so many that looking for repeated ones, which
    compares each with all others, takes long."""
    if len(token.text) < 4 * MAX_ATTRIBUTES:
        return token.text
    count = sum(1 for _ in attributes(token.text))
    return token.text if count <= MAX_ATTRIBUTES else f"<{token.name}>"

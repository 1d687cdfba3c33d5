"""HTML from Python: every text is escaped unless it was made here."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape

_VOID = frozenset({"br", "hr", "input", "link", "meta"})


class Html(str):
    """Text that is HTML already."""

    __slots__ = ()


Child = str | None | Iterable["Child"]


def element(name: str, /, *children: Child, **attributes: str | bool | None) -> Html:
    """Return an element; ``class_`` and ``for_`` stand for the words that Python keeps.

    Attributes that are None or False are left out.
    """
    opening = "".join(_attribute(key, value) for key, value in attributes.items())
    if name in _VOID:
        return Html(f"<{name}{opening}>")
    return Html(f"<{name}{opening}>{''.join(_texts(children))}</{name}>")


def join(*children: Child) -> Html:
    """Return the children one after the other."""
    return Html("".join(_texts(children)))


def prose(text: str) -> Html:
    """Return plain paragraphs with `code`, as descriptions and docstrings hold them."""
    paragraphs = [part for part in re.split(r"\n\s*\n", text.strip()) if part]
    return join(element("p", _inline(" ".join(part.split()))) for part in paragraphs)


def _inline(text: str) -> Html:
    parts = re.split(r"`+([^`]+)`+", text)
    return join(element("code", part) if number % 2 else part for number, part in enumerate(parts))


def _texts(children: Iterable[Child]) -> Iterable[str]:
    for child in children:
        if isinstance(child, Html):
            yield child
        elif isinstance(child, str):
            yield escape(child)
        elif child is not None:
            yield from _texts(child)


def _attribute(key: str, value: str | bool | None) -> str:
    if value is None or value is False:
        return ""
    name = key.rstrip("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{escape(value)}"'

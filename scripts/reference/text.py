"""Markdown from docstrings and rows."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Sequence

#: What stands above it in a page is written by people.
NOTE = (
    "<!-- Below this line `python -m scripts.reference` writes what the code says: "
    "change it there. -->"
)


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join("| " + " | ".join(_cell(each) for each in line) + " |" for line in lines)


def prose(thing: object) -> str:
    """Return a docstring as Markdown: its code marks are those of Markdown here."""
    return marked(inspect.getdoc(thing) or "")


def marked(text: str) -> str:
    """Turn the double backticks of docstrings into single ones."""
    return re.sub(r"``(.+?)``", r"`\1`", text, flags=re.DOTALL)


def summary(thing: object) -> str:
    """Return the first paragraph of a docstring in one line."""
    return " ".join(prose(thing).partition("\n\n")[0].split())


def page(*parts: str) -> str:
    """Return the written part of a page: paragraphs, headings, tables."""
    return "\n\n".join(part.strip("\n") for part in parts if part.strip())


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")

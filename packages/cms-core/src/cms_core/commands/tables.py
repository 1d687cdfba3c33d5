"""Plain tables on standard output, for people and for ``awk``."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table

#: Columns where nobody looks at a terminal: long values must not be cut.
_UNLIMITED = 1000


def show_table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print rows under headings, one line each."""
    table = Table(*headings, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        table.add_row(*row)
    width = None if sys.stdout.isatty() else _UNLIMITED
    Console(width=width, highlight=False, markup=False).print(table)

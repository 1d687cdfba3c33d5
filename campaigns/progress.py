"""Progress bars that no thread draws: a process with threads can't be forked safely."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn


class Bar:
    """One line that grows."""

    def __init__(self, progress: Progress, label: str, total: int) -> None:
        self._progress = progress
        self._task = progress.add_task(label, total=total, note="")

    def show(self, completed: int, note: str = "") -> None:
        """Draw the bar at so many, with a note behind it."""
        self._progress.update(self._task, completed=completed, note=note, refresh=True)

    def advance(self) -> None:
        """Draw the bar one further."""
        self._progress.update(self._task, advance=1, refresh=True)


@contextmanager
def bar(label: str, total: int) -> Iterator[Bar]:
    """Show a bar on standard error, if that is a terminal."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[note]}"),
    )
    with Progress(
        *columns,
        console=console,
        auto_refresh=False,
        transient=True,
        disable=not console.is_terminal,
    ) as progress:
        yield Bar(progress, label, total)

"""The command line."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer
from rich.console import Console

from benchmarks import figures, misses, reads, tables, writes, wrk
from benchmarks.figures import Figure, Report
from benchmarks.measuring import Plan
from benchmarks.stage import Stage

Run = Callable[[Stage, Plan], list[Figure]]

app = typer.Typer(
    help="Measure how fast the CMS is at what it promises.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)
console = Console(highlight=False)
if not console.is_terminal:
    console.width = 140

Rounds = Annotated[int, typer.Option(min=1, help="Rounds, of which the median counts.")]
Seconds = Annotated[int, typer.Option(min=1, help="Seconds of each side of a round.")]
Posts = Annotated[int, typer.Option(min=1_000, help="Published posts in the database.")]
Output = Annotated[Path | None, typer.Option(dir_okay=False, help="File for the figures, JSON.")]
Keep = Annotated[bool, typer.Option("--keep", help="As the figures of docs/benchmarks.md.")]
LogLevel = Annotated[str, typer.Option(help="CMS_LOG_LEVEL; info logs each request.")]

RUNS: Mapping[str, Run] = {"reads": reads.run, "misses": misses.run, "writes": writes.run}


@app.command("reads")
def measure_reads(
    rounds: Rounds = 5,
    seconds: Seconds = 10,
    posts: Posts = 10_000,
    log_level: LogLevel = "info",
    output: Output = None,
    keep: Keep = False,
) -> None:
    """Measure posts, lists and 304 out of the cache.

    Examples:

    python -m benchmarks reads

    python -m benchmarks reads --rounds 2 --seconds 2 --posts 1000
    """
    _run(["reads"], Plan(rounds, seconds, posts, log_level=log_level), output, keep)


@app.command("misses")
def measure_misses(
    rounds: Rounds = 5,
    seconds: Seconds = 10,
    posts: Posts = 10_000,
    log_level: LogLevel = "info",
    output: Output = None,
    keep: Keep = False,
) -> None:
    """Measure posts and lists that the cache does not hold.

    Example:

    python -m benchmarks misses --output misses.json
    """
    _run(["misses"], Plan(rounds, seconds, posts, log_level=log_level), output, keep)


@app.command("writes")
def measure_writes(
    rounds: Rounds = 5,
    seconds: Seconds = 10,
    posts: Posts = 10_000,
    log_level: LogLevel = "info",
    output: Output = None,
    keep: Keep = False,
) -> None:
    """Measure creating, changing and publishing posts.

    Example:

    python -m benchmarks writes --rounds 3
    """
    _run(["writes"], Plan(rounds, seconds, posts, log_level=log_level), output, keep)


def _run(names: Sequence[str], plan: Plan, output: Path | None, keep: bool) -> None:
    """Run these, tell what was found, and end with exit code 1 where something was not reached."""
    reports: list[Report] = []
    with stage() as ready:
        for name in names:
            found = figures.report(name, RUNS[name](ready, plan), _parameters(plan))
            reports.append(found)
            console.print(tables.terminal(found))
            if keep:
                figures.keep(found)
    if output is not None:
        output.write_text(f"[{','.join(found.to_json() for found in reports)}]\n")
    raise typer.Exit(0 if all(found.kept for found in reports) else 1)


@contextmanager
def stage() -> Iterator[Stage]:
    """Yield a stage whose servers and files are gone afterwards."""
    with TemporaryDirectory(prefix="cms-bench-") as folder, ExitStack() as stack:
        yield Stage(stack, Path(folder))


def _parameters(plan: Plan) -> dict[str, object]:
    return {**asdict(plan), "load": "wrk" if wrk.installed() else "asyncio"}

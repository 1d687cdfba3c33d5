"""The command line."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer
from rich.console import Console

from benchmarks import documents, figures, publication_lateness, tables, wrk
from benchmarks.catalogue import BENCHMARKS
from benchmarks.failures import Failed
from benchmarks.figures import Figure, Report
from benchmarks.measuring import Plan
from benchmarks.stage import Stage
from cms_core.settings import LogLevel
from cms_core.testing.servers import ServerUnavailable

app = typer.Typer(
    help="Measure how fast the CMS is at what it promises.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
console = Console(highlight=False)
if not console.is_terminal:
    console.width = 140

Rounds = Annotated[int, typer.Option(min=1, help="Rounds, of which the median counts.")]
Seconds = Annotated[int | None, typer.Option(min=1, help="Seconds of each side of a round.")]
Posts = Annotated[int | None, typer.Option(min=100, help="Published posts in the database.")]
Level = Annotated[LogLevel, typer.Option(help="CMS_LOG_LEVEL; info logs each request.")]
Output = Annotated[Path | None, typer.Option(dir_okay=False, help="File for the figures, JSON.")]
Keep = Annotated[bool, typer.Option("--keep", help="As the figures of docs/benchmarks.md.")]

_MORE = """

Exit code 1 where what is asked is not reached.

Examples:

python -m benchmarks {name} --output {name}.json

python -m benchmarks {name} --rounds 2 --seconds 2
"""


def _add(name: str) -> None:
    """Add the command of a benchmark."""

    def measure(
        rounds: Rounds = 5,
        seconds: Seconds = None,
        posts: Posts = None,
        log_level: Level = LogLevel.INFO,
        output: Output = None,
        keep: Keep = False,
    ) -> None:
        plan = _plan(name, rounds, seconds, posts, log_level)
        reports = _run({name: plan}, keep=keep)
        _end(reports, output)

    app.command(name, help=BENCHMARKS[name].what + _MORE.format(name=name))(measure)


for each in BENCHMARKS:
    _add(each)
app.command("lateness")(publication_lateness.measure)


@app.command("all")
def measure_all(
    rounds: Rounds = 5,
    seconds: Seconds = None,
    log_level: Level = LogLevel.INFO,
    output: Output = None,
    keep: Keep = False,
) -> None:
    """Run all benchmarks, which takes an hour; on a quiet machine.

    Exit code 1 where what is asked is not reached.

    Examples:

    python -m benchmarks all --keep

    python -m benchmarks all --rounds 1 --seconds 1
    """
    plans = {name: _plan(name, rounds, seconds, None, log_level) for name in BENCHMARKS}
    reports = _run(plans, keep=keep)
    late = subprocess.run([sys.executable, "-m", publication_lateness.__name__], check=False)
    _end(reports, output, failed=late.returncode != 0)


@app.command()
def report(
    write: Annotated[bool, typer.Option("--write", help="Into docs/benchmarks.md.")] = False,
) -> None:
    """Print the tables of the kept figures, as docs/benchmarks.md holds them.

    Example:

    python -m benchmarks report --write
    """
    if write:
        documents.write()
    else:
        typer.echo(documents.tables(documents.kept_reports()))


def _plan(
    name: str, rounds: int, seconds: int | None, posts: int | None, log_level: LogLevel
) -> Plan:
    usual = BENCHMARKS[name]
    plan = Plan(rounds, usual.seconds, usual.posts, log_level=log_level)
    return replace(plan, seconds=seconds or plan.seconds, posts=posts or plan.posts)


def _run(plans: dict[str, Plan], *, keep: bool) -> list[Report]:
    """Run these and tell at once what each has found."""
    reports: list[Report] = []
    with _stage() as stage:
        for name, plan in plans.items():
            found = figures.report(name, _measured(name, stage, plan), _parameters(plan))
            reports.append(found)
            _tell(found)
            if keep:
                figures.keep(found)
                documents.write()
    return reports


def _measured(name: str, stage: Stage, plan: Plan) -> list[Figure]:
    try:
        return BENCHMARKS[name].run(stage, plan)
    except (Failed, ServerUnavailable) as error:
        console.print(f"{name}: {type(error).__name__}: {error}", markup=False)
        raise typer.Exit(1) from None


def _tell(found: Report) -> None:
    console.print(tables.terminal(found))
    for figure in found.figures:
        if figure.refusal:
            console.print(f"{figure.name}: {figure.refusal}", markup=False)


def _end(reports: Sequence[Report], output: Path | None, *, failed: bool = False) -> None:
    if output is not None:
        output.write_text(f"[{','.join(found.to_json() for found in reports)}]\n")
    raise typer.Exit(1 if failed or not all(found.kept for found in reports) else 0)


@contextmanager
def _stage() -> Iterator[Stage]:
    """Yield a stage whose servers and files are gone afterwards."""
    with TemporaryDirectory(prefix="cms-bench-") as folder, ExitStack() as stack:
        yield Stage(stack, Path(folder))


def _parameters(plan: Plan) -> dict[str, object]:
    return {**asdict(plan), "load": wrk.version() if wrk.installed() else "asyncio"}

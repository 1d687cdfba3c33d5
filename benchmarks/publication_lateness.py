"""How late planned publications are when nothing else is to be done.

A worker runs in a process of its own. Posts are planned, and from right before each instant on the
database is asked every few milliseconds which of them are live: by its own clock, and never through
the API, where a reader would apply what is overdue.
"""

from __future__ import annotations

import asyncio
import json
import math
import os
import platform
import random
import sys
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Annotated
from uuid import UUID

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from sqlalchemy import select

from cms_core import CMS, Principal, Settings, Transaction, build_cms, db_now, new_id
from cms_core.migrate import upgrade
from cms_core.settings import random_secret
from cms_core.testing.plugins import plugins_of
from cms_core.testing.servers import postgres_server
from cms_posts import (
    PlannedMoment,
    PostContent,
    PostTransition,
    TransitionAction,
    TransitionState,
    create_post,
    plan_transition,
)

PLUGINS = ("posts", "scheduler")
WORKER = ("-c", "from cms_core.cli import main; main()", "worker")
DEAF_WORKER = ("-m", "benchmarks.deaf_worker")
#: Seconds from planning to the first instant, from looking to an instant, between two looks.
AHEAD, EARLY, LOOK = 1.0, 0.010, 0.002
#: What is promised, in seconds: at the median, and in any case.
MEDIAN, ALWAYS = 0.050, 30.0
PLANNER = Principal(new_id(), "Benchmark", frozenset({"posts:write", "posts:publish"}))


class Engine(StrEnum):
    SQLITE = "sqlite"
    POSTGRESQL = "postgresql"


@dataclass(frozen=True, slots=True)
class Result:
    """How late so many publications were, in milliseconds."""

    engine: Engine
    hints: bool
    plans: int
    early: int
    median_ms: float
    p99_ms: float
    max_ms: float
    kept: bool


def measure(
    engine: Annotated[
        list[Engine] | None, typer.Option(help="May be repeated; without: both.")
    ] = None,
    plans: Annotated[int, typer.Option(min=1, help="Publications that hints tell of.")] = 100,
    spacing: Annotated[
        float, typer.Option(min=0.01, help="Seconds between two of them, on average.")
    ] = 0.3,
    output: Annotated[
        Path | None, typer.Option(dir_okay=False, help="File for the result; else it is printed.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the random instants.")] = 1,
) -> None:
    """Measure how late publications are, with `cms worker` and with a worker that gets no hints.

    The latter is asleep when one publication is planned for the next second. Exit code 1 where a
    promise is not kept: never early, 50 ms at the median, 30 s in any case.

    Examples:

    python -m benchmarks.publication_lateness --output lateness.json

    python -m benchmarks.publication_lateness --engine sqlite --plans 20
    """
    chance = random.Random(seed)
    gaps = [chance.uniform(0, 2 * spacing) for _ in range(plans)]
    results: list[Result] = []
    for each in engine or list(Engine):
        with TemporaryDirectory() as folder, _database(each, Path(folder)) as url:
            settings = Settings(data=Path(folder), database_url=url)
            results += asyncio.run(_measure(each, settings, gaps))
    _report(results, spacing, output)
    raise typer.Exit(0 if all(result.kept for result in results) else 1)


@contextmanager
def _database(engine: Engine, folder: Path) -> Iterator[str]:
    if engine is Engine.SQLITE:
        yield f"sqlite:///{folder / 'cms.sqlite3'}"
        return
    with postgres_server() as url:
        yield url


async def _measure(engine: Engine, settings: Settings, gaps: Sequence[float]) -> list[Result]:
    cms = build_cms(settings, plugins_of(PLUGINS))
    try:
        await upgrade(cms)
        async with _worker(settings, WORKER):
            await _lateness(cms, f"{engine}: the worker starts", [0.0])
            told = await _lateness(cms, f"{engine}: with hints", gaps)
        async with _worker(settings, DEAF_WORKER):
            await _lateness(cms, f"{engine}: a deaf worker starts", [0.0])
            untold = await _lateness(cms, f"{engine}: without hints", [0.0])
    finally:
        await cms.close()
    return [
        _result(engine, told, hints=True, promise=median(told) <= MEDIAN),
        _result(engine, untold, hints=False, promise=True),
    ]


@asynccontextmanager
async def _worker(settings: Settings, arguments: Sequence[str]) -> AsyncIterator[None]:
    variables = {
        "CMS_DATA": str(settings.data),
        "CMS_DATABASE_URL": settings.database_url,
        "CMS_SECRET_KEY": random_secret(),
        "CMS_PLUGINS__MODE": "allowlist",
        "CMS_PLUGINS__ENABLED": ",".join(PLUGINS),
        "CMS_LOG_LEVEL": "warning",
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, *arguments, env=os.environ | variables
    )
    try:
        yield
    finally:
        process.terminate()
        await process.wait()


async def _lateness(cms: CMS, label: str, gaps: Sequence[float]) -> list[float]:
    """Plan publications with these gaps (seconds), and return how late each is seen (seconds)."""

    async def plan(session: Transaction) -> Mapping[UUID, datetime]:
        return await _plan(session, gaps)

    due = await cms.db.run(plan)
    late: dict[UUID, float] = {}
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()
    with Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True)) as progress:
        task = progress.add_task(label, total=len(due))
        async with asyncio.timeout(AHEAD + sum(gaps) + 2 * ALWAYS):
            while len(late) < len(due):
                now = await _look(cms, due, late)
                progress.update(task, completed=len(late))
                # Rarely while nothing is due: who measures shall not be the load.
                ahead = min(
                    (at - now for id, at in due.items() if id not in late), default=timedelta()
                )
                await asyncio.sleep(max(LOOK, ahead.total_seconds() - EARLY))
    return list(late.values())


async def _plan(session: Transaction, gaps: Sequence[float]) -> Mapping[UUID, datetime]:
    now = await session.now()
    at, due = now + timedelta(seconds=AHEAD), {}
    for gap in gaps:
        at += timedelta(seconds=gap)
        content = PostContent(title="Planned", language="en", body="Words.")
        post = (await create_post(session, content, by=PLANNER, now=now)).post
        planned = await plan_transition(
            session, post.id, TransitionAction.PUBLISH, PlannedMoment(at), by=PLANNER
        )
        due[planned.id] = at
    return due


async def _look(cms: CMS, due: Mapping[UUID, datetime], late: dict[UUID, float]) -> datetime:
    """Note how late those are that are seen as applied for the first time; return when it was."""
    applied = PostTransition.state == TransitionState.APPLIED
    async with cms.db.snapshot() as session:
        seen = await session.execute(select(PostTransition.id, db_now()).where(applied))
        for id, now in seen:
            if id in due and id not in late:
                late[id] = (now - due[id]).total_seconds()
        return await session.now()


def _result(engine: Engine, late: Sequence[float], *, hints: bool, promise: bool) -> Result:
    ordered = sorted(late)
    early = sum(each < 0 for each in ordered)
    return Result(
        engine=engine,
        hints=hints,
        plans=len(ordered),
        early=early,
        median_ms=round(median(ordered) * 1000, 1),
        p99_ms=round(ordered[math.ceil(0.99 * len(ordered)) - 1] * 1000, 1),
        max_ms=round(ordered[-1] * 1000, 1),
        kept=promise and not early and ordered[-1] <= ALWAYS,
    )


def _report(results: Sequence[Result], spacing: float, output: Path | None) -> None:
    report = {
        "python": platform.python_version(),
        "cpus": os.cpu_count(),
        "spacing_s": spacing,
        "results": [asdict(result) for result in results],
    }
    text = json.dumps(report, indent=2)
    if output is None:
        typer.echo(text)
    else:
        output.write_text(f"{text}\n")


if __name__ == "__main__":
    typer.run(measure)

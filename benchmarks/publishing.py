"""How fast one worker publishes posts that are all due at the same instant."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from statistics import median

import asyncpg

from benchmarks.articles import LAST
from benchmarks.figures import Figure
from benchmarks.measuring import Plan
from benchmarks.processes import Process, ProcessFailed
from benchmarks.progress import bar
from benchmarks.stage import Content, Stage

#: Posts that are due, and the least that must be published per second.
DUE, FLOOR = 5_000, 500.0
#: Seconds until the worker counts as stuck.
_PATIENCE = 300.0
# What the first transaction applied is left out: the clock starts when it does.
_BOOKS = """
SELECT count(*) FILTER (WHERE applied_at > first.at)
       / nullif(extract(epoch FROM max(applied_at) - min(applied_at)), 0) AS rate,
       count(*) FILTER (WHERE state = 'applied') AS applied
FROM post_transitions, (SELECT min(applied_at) AS at FROM post_transitions) AS first
"""


@dataclass(frozen=True, slots=True)
class Applied:
    """What a worker has done: publications per second by the database's clock, and its work."""

    per_second: float
    cpu_ms: float


def run(stage: Stage, plan: Plan) -> list[Figure]:
    """Measure one `cms worker` on PostgreSQL, in each round on a new copy of the database."""
    content = Content(published=1_000, drafts=DUE, due_at=LAST)
    figure = Figure(f"{DUE:,} due posts", "per second", floor=FLOOR)
    work = []
    with bar("publishing", plan.rounds) as progress:
        for _ in range(plan.rounds):
            database = stage.copy(content)
            with stage.run(("worker",), database, {"CMS_CACHE_URL": stage.redis}) as process:
                applied = asyncio.run(_applied(process, database))
            figure.values.append(applied.per_second)
            work.append(applied.cpu_ms)
            progress(1)
    figure.details["CPU ms"] = round(median(work), 2)
    return [figure]


async def _applied(process: Process, database: str) -> Applied:
    """Wait until the worker has published everything. Raises `ProcessFailed`."""
    connection = await asyncpg.connect(database.replace("+asyncpg", ""))
    deadline = time.monotonic() + _PATIENCE
    try:
        while (books := await connection.fetchrow(_BOOKS))["applied"] < DUE:
            if not process.alive or time.monotonic() > deadline:
                raise ProcessFailed(process.log.read_text()[-2000:] or "the worker is stuck")
            await asyncio.sleep(0.5)
        return Applied(float(books["rate"]), 1000 * process.cpu() / DUE)
    finally:
        await connection.close()

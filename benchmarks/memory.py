"""How much memory a process takes: when it has just started, and with a cache that is full."""

from __future__ import annotations

import time

from benchmarks.cases import paths_of_posts, warm
from benchmarks.figures import Figure
from benchmarks.measuring import Plan
from benchmarks.progress import bar
from benchmarks.reader import Reader
from benchmarks.stage import Content, Stage
from benchmarks.targets import gets
from cms_core import Settings

#: MiB that a process may take beside what its cache holds.
LIMIT = 120.0
_BOUND = Settings.model_fields["cache_bytes"].default / 2**20
_SETTLED = 2.0


def run(stage: Stage, plan: Plan) -> list[Figure]:
    """Measure the resident set of `cms serve` while nobody asks for anything."""
    started = Figure("one process, just started", "MiB")
    full = Figure("one process, its cache full", "MiB", limit=LIMIT + _BOUND)
    database = stage.database(Content(plan.posts))
    with bar("memory", plan.rounds) as progress:
        for _ in range(plan.rounds):
            with stage.serve(database) as process:
                time.sleep(_SETTLED)
                started.values.append(process.memory())
                with Reader(process) as api:
                    posts = gets(paths_of_posts(api, plan.posts))
                warm(process, posts)
                time.sleep(_SETTLED)
                full.values.append(process.memory())
            progress(1)
    return [started, full]

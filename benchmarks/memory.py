"""How much memory a process takes that has just started and has nothing to do."""

from __future__ import annotations

import time

from benchmarks.figures import Figure
from benchmarks.measuring import Plan
from benchmarks.progress import bar
from benchmarks.stage import Content, Stage

#: MiB; what a full cache may take comes on top, but an idle process has cached nothing.
LIMIT = 120.0
_SETTLED = 2.0


def run(stage: Stage, plan: Plan) -> list[Figure]:
    """Measure the resident set of `cms serve`, started anew in each round."""
    figure = Figure("one idle process", "MiB", limit=LIMIT)
    database = stage.database(Content(plan.posts))
    with bar("memory", plan.rounds) as progress:
        for _ in range(plan.rounds):
            with stage.serve(database) as process:
                time.sleep(_SETTLED)
                figure.values.append(process.memory())
            progress(1)
    return [figure]

"""``cms jobs``: what the workers have done, and what is waiting for them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated

import typer

from cms_core.commands.context import run_with_cms
from cms_core.commands.tables import show_table
from cms_core.system import show_jobs
from cms_core.system.schemas import Jobs, ShownJob


def jobs(
    as_json: Annotated[
        bool, typer.Option("--json", help="Print all of it, the last runs too, as JSON.")
    ] = False,
) -> None:
    """Show how the jobs go: when they are due, how late, what waits; and which workers live.

    Examples:

    cms jobs

    cms jobs --json
    """
    shown = run_with_cms(show_jobs)
    if as_json:
        typer.echo(shown.model_dump_json(indent=2))
        return
    show_table(("job", "due", "late", "waiting", "parked", "last run", "state"), _jobs(shown))
    if shown.workers:
        typer.echo()
        show_table(("worker", "host", "pid", "seen", "state"), _workers(shown))
    typer.echo(f"\nPublications are late by {shown.publish_lag_seconds:.1f} s.")


def _jobs(shown: Jobs) -> Iterable[tuple[str, ...]]:
    for job in shown.items:
        late = f"{job.lag_seconds:.1f} s" if job.lag_seconds else "-"
        counts = [str(count) if count else "-" for count in (job.waiting, job.parked)]
        moments = (moment(job.due_at), late, *counts, moment(job.started_at))
        yield (job.key, *moments, _state(job))


def _state(job: ShownJob) -> str:
    if job.fault is not None:
        return f"broken: {job.fault}"
    if job.failures:
        return f"failed {job.failures} times: {job.last_error}"
    return job.history[0].outcome if job.history else "-"


def _workers(shown: Jobs) -> Iterable[tuple[str, ...]]:
    for worker in shown.workers:
        state = "alive" if worker.alive else "gone"
        yield (str(worker.id), worker.host, str(worker.pid), moment(worker.seen_at), state)


def moment(at: datetime | None) -> str:
    """An instant in a table, to the second."""
    return "-" if at is None else f"{at:%Y-%m-%dT%H:%M:%SZ}"

"""How the work behind the scenes goes, for the API and for the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cms_core.jobs import Job
from cms_core.system.figures import Figures, Queue, outcome_of, read_figures, read_history
from cms_core.system.schemas import Jobs, ShownJob, ShownQueue, ShownRun, ShownWorker
from cms_core.worker.history import PastRun

if TYPE_CHECKING:
    from cms_core.app import CMS


async def show_jobs(cms: CMS) -> Jobs:
    """Return the jobs with their last runs, the workers, and what waits in the outbox."""
    figures = await read_figures(cms)
    async with cms.db.snapshot() as session:
        history = await read_history(session)
    jobs = sorted(cms.contributions.jobs, key=lambda job: job.key)
    return Jobs(
        publish_lag_seconds=figures.publish_lag,
        items=[_job(job, figures, history) for job in jobs],
        workers=[ShownWorker.model_validate(worker) for worker in figures.workers],
        outbox=[_queue(cms, queue) for queue in figures.queues],
    )


def _job(job: Job, figures: Figures, history: list[PastRun]) -> ShownJob:
    run, backlog = figures.runs.get(job.key), figures.backlogs[job.key]
    shown = ShownJob(
        key=job.key,
        every_seconds=job.every.total_seconds(),
        due_at=backlog.due_at,
        lag_seconds=backlog.lag,
        waiting=backlog.waiting,
        parked=backlog.parked,
        fault=backlog.fault,
        history=[_run(past, figures) for past in history if past.key == job.key],
    )
    if run is None:
        return shown
    last = ("started_at", "succeeded_at", "failed_at", "failures", "last_error")
    return shown.model_copy(update={name: getattr(run, name) for name in last})


def _run(run: PastRun, figures: Figures) -> ShownRun:
    return ShownRun(
        worker_id=run.worker_id,
        started_at=run.started_at,
        ended_at=run.ended_at,
        error=run.error,
        outcome=outcome_of(run, figures.workers),
    )


def _queue(cms: CMS, queue: Queue) -> ShownQueue:
    return ShownQueue(
        subscriber=queue.subscriber,
        registered=cms.db.subscribers.eventual(queue.subscriber) is not None,
        waiting=queue.waiting,
        parked=queue.parked,
        oldest_created_at=queue.oldest_created_at,
    )

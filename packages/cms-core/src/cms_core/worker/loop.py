"""The worker: sleeps until something is due, runs it, and survives whatever fails."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import structlog

from cms_core.errors import Unavailable
from cms_core.ids import new_id
from cms_core.worker.heartbeats import BEAT, beat
from cms_core.worker.history import Run
from cms_core.worker.runs import begin_run, begin_turn, end_run
from cms_core.worker.schedule import Schedule, Timing

if TYPE_CHECKING:
    from cms_core.app import CMS

log = structlog.get_logger(__name__)

#: Seconds.
LONGEST_SLEEP = 30.0
LONGEST_BACK_OFF = 60.0
#: Between runs of a job that says it is due but finds nothing, such as rows others have locked.
LONGEST_IDLE_PAUSE = 5.0
#: After which a run that has not ended is noted all the same.
LASTING = 1.0
GRACE = 5.0
ROLLBACK = 4.5


@dataclass(slots=True)
class _Progress:
    """What this worker remembers of a job between its runs."""

    failures: int = 0
    #: The due instant of the last run: seen again, that run has changed nothing.
    due_at: object = None
    pause: float = 0.0
    #: On the monotonic clock.
    not_before: float = 0.0


class Worker:
    """Runs the jobs of a CMS when they are due. Several workers may share a database.

    `longest_sleep` bounds what a lost hint costs; `grace` is what running jobs get to finish when
    the worker stops, before they are made to roll back. Both are seconds.
    """

    def __init__(
        self, cms: CMS, *, longest_sleep: float = LONGEST_SLEEP, grace: float = GRACE
    ) -> None:
        self.id = new_id()
        self._cms = cms
        self._longest_sleep = longest_sleep
        self._grace = grace
        self._schedule = Schedule(cms, cms.contributions.jobs)
        self._progress = {job.key: _Progress() for job in cms.contributions.jobs}
        self._running: dict[str, asyncio.Task[None]] = {}
        self._stopping = False
        self._awake = asyncio.Event()

    async def run(self, stop: asyncio.Event) -> None:
        """Run jobs until `stop` is set, then finish or roll back what runs, within 10 s."""
        async with _beside(self._wake_at(stop)), _beside(self._beat()):
            try:
                async with self._cms.db.wakeups.listening(self._awake.set):
                    await self._work()
            finally:
                await self._finish(set(self._running.values()))

    async def run_once(self) -> list[str]:
        """Run every job that is due, until it has nothing more to do; return which failed."""
        await self._say_alive()
        async with _beside(self._beat()):
            for timing in await self._schedule.read():
                if timing.seconds <= 0:
                    await self._run(timing)
        return [key for key, progress in self._progress.items() if progress.failures]

    async def _wake_at(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._stopping = True
        self._awake.set()

    async def _work(self) -> None:
        outages = 0
        while not self._stopping:
            # Cleared before looking: a hint that comes while we look is not lost.
            self._awake.clear()
            try:
                pause = await self._start_due()
                outages = 0
            except Exception as error:
                outages += 1
                pause = _back_off(outages, self._longest_sleep)
                log.warning("worker_waits", retry_after=pause, exc_info=_unless_outage(error))
            await self._sleep(pause)

    async def _sleep(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(max(seconds, 0.001)):
                await self._awake.wait()
        except TimeoutError:
            pass

    async def _start_due(self) -> float:
        """Start what is due, and return the seconds until the next look."""
        pause = self._longest_sleep
        for timing in await self._schedule.read():
            key = timing.job.key
            if key in self._running:
                continue
            wait = self._wait_of(timing)
            if wait > 0:
                pause = min(pause, wait)
            else:
                task = asyncio.create_task(self._run(timing), name=key)
                self._running[key] = task
                task.add_done_callback(self._ended)
        return pause

    def _wait_of(self, timing: Timing) -> float:
        progress = self._progress[timing.job.key]
        held = progress.not_before - time.monotonic()
        if progress.failures:
            return held
        if timing.is_due and timing.due_at == progress.due_at:
            return held + progress.pause
        return timing.seconds

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.pop(task.get_name(), None)
        self._awake.set()

    async def _run(self, timing: Timing) -> None:
        """Run a job until it has nothing more to do; whatever it raises stays here."""
        job, progress = timing.job, self._progress[timing.job.key]
        run = Run(job.key, self.id, timing.now)
        try:
            if not await self._begin(timing, run):
                return
            async with _beside(self._note_if_it_lasts(run)):
                while await job.run(self._cms) and not self._stopping:
                    pass
            error = None
        except (Exception, asyncio.CancelledError) as failure:
            if _is_cancelled():
                raise
            error = failure
        self._remember(progress, timing, error)
        await self._record(run, error)

    async def _begin(self, timing: Timing, run: Run) -> bool:
        if timing.is_due or self._progress[run.key].failures:
            # Noted with its end: what is due shall not be late by one more commit.
            return True
        return await self._cms.db.run(partial(begin_turn, run=run, last=timing.started_at))

    async def _note_if_it_lasts(self, run: Run) -> None:
        await asyncio.sleep(LASTING)
        try:
            await self._cms.db.run(partial(begin_run, run=run))
        except Exception as failure:
            log.warning("job_not_recorded", job=run.key, exc_info=_unless_outage(failure))

    def _remember(self, progress: _Progress, timing: Timing, error: BaseException | None) -> None:
        repeated = timing.is_due and timing.due_at == progress.due_at
        progress.pause = min(progress.pause * 2 or 0.05, LONGEST_IDLE_PAUSE) if repeated else 0.0
        progress.due_at = timing.due_at
        progress.failures = progress.failures + 1 if error else 0
        back_off = _back_off(progress.failures, LONGEST_BACK_OFF) if error else 0.0
        progress.not_before = time.monotonic() + back_off

    async def _record(self, run: Run, error: BaseException | None) -> None:
        if error is not None:
            log.warning("job_failed", job=run.key, exc_info=error)
        try:
            await self._cms.db.run(partial(end_run, run=run, error=error))
        except Exception as failure:
            log.warning("job_not_recorded", job=run.key, exc_info=_unless_outage(failure))

    async def _beat(self) -> None:
        while True:
            await self._say_alive()
            await asyncio.sleep(BEAT)

    async def _say_alive(self) -> None:
        try:
            await self._cms.db.run(partial(beat, worker=self.id))
        except Exception as error:
            log.warning("heartbeat_failed", exc_info=_unless_outage(error))

    async def _finish(self, tasks: set[asyncio.Task[None]]) -> None:
        if tasks:
            _, tasks = await asyncio.wait(tasks, timeout=self._grace)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=ROLLBACK)


@asynccontextmanager
async def _beside(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Let `work` go on during the block, and not after it."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


def _is_cancelled() -> bool:
    """Whether this task itself shall end, and not something that it waited for."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _back_off(failures: int, longest: float) -> float:
    return min(2.0 ** (failures - 1), longest) * random.uniform(0.5, 1.0)


def _unless_outage(error: Exception) -> Exception | None:
    """The error when its traceback is news; a database out of reach says it all by its name."""
    return None if isinstance(error, Unavailable) else error

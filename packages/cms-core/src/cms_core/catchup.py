"""Catching up: a reader sees whatever was due when it began, whether a worker did it or not.

One statement of each snapshot asks for the database's clock and for what each job with
`before_reads` has due. While something is overdue the reader leaves the snapshot, sees to it that
it happens, and reads again in a new one.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Generic, TypeVar

import structlog

from cms_core.db.faults import refuses_writes
from cms_core.db.session import SnapshotSession
from cms_core.errors import Unavailable
from cms_core.health import HealthCheck
from cms_core.jobs import Job
from cms_core.moments import Moments
from cms_core.overdue import Look, Lookout

if TYPE_CHECKING:
    from cms_core.app import CMS

T = TypeVar("T")
log = structlog.get_logger(__name__)

#: Seconds that a job may take before reads; past that it counts as failed. More than a statement
#: may take: one that waits for locks has to say so. Less than a request may take.
PATIENCE = 10.0
#: Seconds until a `next_due` that could not be read is tried again.
UNREADABLE_FOR = 30.0


class CatchUp:
    """Lets readers wait for what is due; one catch-up at a time serves all of them.

    `patience` is what a job may take before reads; a `next_due` that can't be read is tried again
    after `pause`. Both are seconds.
    """

    def __init__(
        self,
        cms: CMS,
        jobs: Sequence[Job],
        *,
        patience: float = PATIENCE,
        pause: float = UNREADABLE_FOR,
    ) -> None:
        self._cms = cms
        self._patience = patience
        self._jobs = [job for job in jobs if job.before_reads and job.next_due is not None]
        self.lookout = Lookout(cms.db, self._jobs, pause)
        self._moments = Moments(cms.db, self.lookout)
        self._run: _Run | None = None
        self._failing: set[str] = set()

    @property
    def late(self) -> set[str]:
        """The keys of the jobs whose work readers may see too late."""
        return self._failing | self.lookout.unreadable

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[SnapshotSession]:
        """Open a snapshot in which everything due has happened, as far as that can be.

        Raises `Unavailable` when others keep what has to change locked.
        """
        reader = Reader()
        while True:
            await self.lookout.examine_again()
            async with self._cms.db.snapshot() as session:
                look = await self.lookout.look(session)
                if isinstance(look, Look) and not reader.waits_for(look):
                    session.caught_up = self._holds(look)
                    yield session
                    return
            await self._make_up(reader, look)

    async def read(self, work: Callable[[SnapshotSession], Awaitable[T]]) -> Reading[T]:
        """Do `work` in such a snapshot and return what it returned, with the snapshot's moment.

        With the moment come the generations of the scopes that `work` has declared. Where something
        is overdue, the work is done again. Raises what `reading` raises.
        """
        reader = Reader()
        while True:
            await self.lookout.examine_again()
            view = await self._moments.view(work)
            look = view.look
            if isinstance(look, Look) and not reader.waits_for(look):
                if view.whole:
                    return Reading(view.result, look, view.scopes, self._holds(look))
                continue
            await self._make_up(reader, look)

    async def settles(self, reader: Reader, look: Look) -> bool:
        """Wait for what this reader has to wait for; return whether it shall look again."""
        wanted = reader.waits_for(look)
        if wanted:
            reader.learn(wanted, await self._catch_up(wanted))
        return bool(wanted)

    def _holds(self, look: Look) -> bool:
        """Whether nothing due is missing in that moment."""
        return not look.overdue and not self.lookout.unreadable

    async def _make_up(self, reader: Reader, look: Look | Exception) -> None:
        # The snapshot is closed: who waits must not keep a connection from the others.
        if isinstance(look, Look):
            await self.settles(reader, look)
        else:
            await self.lookout.examine(look)

    async def close(self) -> None:
        """Roll back the catch-up that is under way."""
        await self._moments.close()
        if self._run is not None:
            self._run.task.cancel()
            await asyncio.wait([self._run.task])

    async def _catch_up(self, wanted: Mapping[str, datetime]) -> _Run:
        run = self._run
        if run is None or run.task.done():
            task = asyncio.create_task(self._work_off(wanted), name="catch-up")
            run = self._run = _Run(wanted, task)
        # In a task of its own: a reader who leaves must not take it from the others.
        await asyncio.wait([run.task])
        return run

    async def _work_off(self, keys: Mapping[str, datetime]) -> set[str] | Unavailable:
        try:
            return {job.key for job in self._jobs if job.key in keys and await self._leaves(job)}
        except Unavailable as error:
            return error

    async def _leaves(self, job: Job) -> bool:
        """Run a job before reads; return whether it leaves work that readers don't wait for."""
        assert job.before_reads is not None
        try:
            async with asyncio.timeout(self._patience):
                more = await job.before_reads(self._cms)
        except (Exception, asyncio.CancelledError) as error:
            if _is_cancelled() or _is_contention(error):
                raise
            if job.key not in self._failing:
                self._failing.add(job.key)
                log.error("catch_up_failed", job=job.key, exc_info=error)
            return True
        self._failing.discard(job.key)
        return more


@dataclass(frozen=True, slots=True)
class Reading(Generic[T]):
    """What was read, in which moment, from which scopes.

    An answer made from it may be stored only if it is `caught_up`.
    """

    result: T
    look: Look
    scopes: tuple[str, ...]
    caught_up: bool


@dataclass(frozen=True, slots=True)
class _Run:
    """A catch-up: what was due when it began, and its task, which gives the jobs to give up."""

    tried: Mapping[str, datetime]
    task: asyncio.Task[set[str] | Unavailable]


class Reader:
    """What one reader has seen so far."""

    def __init__(self) -> None:
        self._began: datetime | None = None
        self._tried: dict[str, datetime] = {}
        self._given_up: set[str] = set()

    def waits_for(self, look: Look) -> dict[str, datetime]:
        # What comes due meanwhile is for those who ask later.
        self._began = self._began or look.now
        return {
            key: at
            for key, at in look.overdue.items()
            # Due at the same instant as before a whole catch-up: another would change nothing.
            if at <= self._began and at != self._tried.get(key) and key not in self._given_up
        }

    def learn(self, wanted: Mapping[str, datetime], run: _Run) -> None:
        outcome = Unavailable() if run.task.cancelled() else run.task.result()
        if isinstance(outcome, Unavailable):
            raise Unavailable("Something is due now and could not be done yet.") from outcome
        self._tried |= run.tried
        # A run that began before this came due says nothing about it.
        self._given_up |= {key for key in outcome if wanted.get(key) == run.tried[key]}


def catch_up_check(cms: CMS) -> HealthCheck:
    """Readers are served, but may not see what has been due for some time."""

    async def check() -> str | None:
        late = sorted(cms.catch_up.late)
        return f"what is due may be seen late: {', '.join(late)}" if late else None

    return HealthCheck("catch-up", check)


def _is_contention(error: BaseException) -> bool:
    """Whether others hold the locks, so that what is due may happen at any moment."""
    return isinstance(error, Unavailable) and not refuses_writes(error.__cause__)


def _is_cancelled() -> bool:
    """Whether the catch-up itself shall end, and not something that it waited for."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0

"""Workers that are forked, killed, stopped and replaced."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from multiprocessing.context import ForkProcess
from types import TracebackType
from typing import Self

import uvloop

from campaigns.processes import FORK
from campaigns.stages import Stage, Stages, follow
from cms_core import CMS
from cms_core.serving import stop_signal
from cms_core.startup import running
from cms_core.worker import Worker

#: Seconds that a worker may take to be ready, and to end when it is asked to.
READY_WITHIN = 30.0
STOPPED_WITHIN = 12.0

#: Done in a new worker before it works: gets the CMS and the worker's number.
Prepare = Callable[[CMS, int], None]


class Crew:
    """Workers of a CMS, forked from this process, in which nothing may be connected or running."""

    def __init__(self, cms: CMS, size: int, prepare: Prepare = lambda cms, number: None) -> None:
        self._cms = cms
        self._prepare = prepare
        self._stages = Stages(size)
        self._workers: list[ForkProcess] = []
        self._size = size
        #: Kills by the stage of the victim.
        self.kills: Counter[Stage] = Counter()
        #: Workers that ended although nobody killed them.
        self.crashed = 0

    def __enter__(self) -> Self:
        self._workers = [self._fork(number) for number in range(self._size)]
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, worker in enumerate(self._workers):
            worker.terminate()
            os.kill(self.pid(number), signal.SIGCONT)  # one that stands still hears nothing
        deadline = time.monotonic() + STOPPED_WITHIN
        for worker in self._workers:
            worker.join(max(deadline - time.monotonic(), 0.1))
            self.crashed += worker.exitcode not in (0, -signal.SIGTERM)
            worker.kill()
            worker.join()

    def until_ready(self) -> None:
        """Wait until every worker is at work. Raises `TimeoutError`."""
        deadline = time.monotonic() + READY_WITHIN
        while len(self.ready) < self._size:
            if time.monotonic() > deadline:
                raise TimeoutError("the workers did not get ready")
            time.sleep(0.01)

    @property
    def ready(self) -> list[int]:
        """The numbers of the workers that can be killed: those that have begun to work."""
        return [n for n in range(self._size) if self._stages[n] is not Stage.STARTING]

    def kill(self, chance: random.Random, patience: float) -> None:
        """Kill one ready worker, if there is any, and fork another.

        Waits up to `patience` seconds for the victim to come into a transaction; without, it dies
        wherever it is.
        """
        if ready := self.ready:
            number = chance.choice(ready)
            self.kills[self._strike(number, time.monotonic() + patience)] += 1
            self._replace(number)

    @property
    def kills_inside(self) -> int:
        """Kills that hit an open transaction."""
        return self.kills[Stage.OPEN] + self.kills[Stage.WRITTEN]

    def revive(self) -> None:
        """Replace workers that ended by themselves, and count them."""
        for number, worker in enumerate(self._workers):
            if worker.exitcode is not None:
                self.crashed += 1
                self._replace(number)

    def pid(self, number: int) -> int:
        """The process id of a worker."""
        pid = self._workers[number].pid
        assert pid is not None
        return pid

    def _strike(self, number: int, deadline: float) -> Stage:
        """Kill a worker and return the stage it died in, which it could not leave any more."""
        pid = self.pid(number)
        while True:
            hopeless = time.monotonic() >= deadline
            if hopeless or self._stages[number] >= Stage.OPEN:
                halt(pid)
                stage = self._stages[number]
                if hopeless or stage >= Stage.OPEN:
                    os.kill(pid, signal.SIGKILL)
                    return stage
                os.kill(pid, signal.SIGCONT)
            time.sleep(0.0002)

    def _replace(self, number: int) -> None:
        self._workers[number].join()
        self._workers[number] = self._fork(number)

    def _fork(self, number: int) -> ForkProcess:
        self._stages[number] = Stage.STARTING
        worker = FORK.Process(target=self._work, args=(number,), daemon=True)
        worker.start()
        return worker

    def _work(self, number: int) -> None:
        follow(self._cms.db, lambda stage: self._note(number, stage))
        self._prepare(self._cms, number)
        uvloop.run(_work(self._cms))

    def _note(self, number: int, stage: Stage) -> None:
        # The first transaction belongs to the start: only its end makes the worker ready.
        if stage is Stage.READY or self._stages[number] is not Stage.STARTING:
            self._stages[number] = stage


async def _work(cms: CMS) -> None:
    stop = stop_signal()
    guard = asyncio.create_task(_end_with_parent())
    async with running(cms):
        await Worker(cms).run(stop)
    guard.cancel()


async def _end_with_parent() -> None:
    parent = os.getppid()
    while os.getppid() == parent:  # noqa: ASYNC110 - nobody tells an orphan
        await asyncio.sleep(1)
    os._exit(1)


def halt(pid: int) -> None:
    """Stop a process, and return when it stands still (or is dead)."""
    os.kill(pid, signal.SIGSTOP)
    await_halt(pid)


def await_halt(pid: int) -> None:
    """Wait until a process stands still or is dead; leaves its exit code to its parent's wait."""
    os.waitid(os.P_PID, pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)


def is_halted(pid: int) -> bool:
    """Whether a process stands still."""
    found = os.waitid(os.P_PID, pid, os.WSTOPPED | os.WNOHANG | os.WNOWAIT)
    return found is not None

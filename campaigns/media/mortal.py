"""API processes that die in the middle of uploads, at a chosen step or anywhere."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import time
from collections import Counter
from collections.abc import Callable
from enum import IntEnum
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkProcess
from types import TracebackType
from typing import Any
from unittest.mock import patch

from sqlalchemy import event

from campaigns.clients import serving
from campaigns.processes import FORK
from campaigns.published.apis import Apis
from campaigns.wire import Request
from cms_core import CMS, transact
from cms_media.storage.files import NewFile


class Step(IntEnum):
    """Where in an upload a process dies."""

    ANYWHERE = 0  # at a moment that somebody else chooses
    WRITTEN = 1  # bytes are in a file of what is incoming
    SYNCED = 2  # all are, durably
    RENAMED = 3  # the object is there; its folder is not synced
    BEFORE_COMMIT = 4  # every row is written, and the database was not asked to commit
    AFTER_COMMIT = 5  # the database has said so; the client was not answered


class MortalApis(Apis):
    """Processes that are killed and replaced; their clients find them at the same addresses."""

    def __init__(self, cms: CMS, size: int) -> None:
        super().__init__(cms, size)
        #: The step at which a process shall die.
        self._condemned = FORK.RawArray("b", size)
        #: The step at which it died.
        self._died = FORK.RawArray("b", size)
        #: Deaths by step.
        self.kills: Counter[Step] = Counter()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.revive()  # or it would count as crashed
        super().__exit__(kind, error, trace)

    @property
    def ready(self) -> list[int]:
        """The numbers of the processes that answer."""
        return [number for number, ready in enumerate(self._ready) if ready]

    def kill(self, number: int, step: Step, over: Connection, patience: float) -> None:
        """Let a process die at a step.

        It lives on if it comes to none in so many seconds, or before something comes from `over`.
        """
        process = self._processes[number]
        if step is Step.ANYWHERE:
            self._died[number] = step
            process.kill()
            process.join()
        else:
            self._condemned[number] = step
            wait([process.sentinel, over], patience)
            process.join(0)
            self._condemned[number] = 0
        self.revive()

    def revive(self) -> None:
        """Replace the dead, and count what they died of."""
        for number, process in enumerate(self._processes):
            if process.exitcode is None:
                continue
            if process.exitcode == -signal.SIGKILL:
                self.kills[Step(self._died[number])] += 1
            else:
                self.crashed += 1
            self._ready[number] = 0
            self._processes[number] = self._fork(number)

    def await_ready(self, least: int) -> None:
        """Wait until so many answer."""
        while len(self.ready) < least:
            time.sleep(0.005)

    def _fork(self, number: int) -> ForkProcess:
        self._condemned[number] = 0
        return super()._fork(number)

    def _run(self, number: int, listener: socket.socket) -> None:
        _tell_steps(self._cms, lambda step: self._pass(number, step))
        super()._run(number, listener)

    def _pass(self, number: int, step: Step) -> None:
        if self._condemned[number] == step:
            self._died[number] = step
            os.kill(os.getpid(), signal.SIGKILL)


def _tell_steps(cms: CMS, tell: Callable[[Step], None]) -> None:
    """Have each step told as soon as it is done, in this process."""
    write, rename = NewFile.write, os.rename

    def write_and_tell(self: NewFile, piece: bytes) -> None:
        write(self, piece)
        tell(Step.WRITTEN)

    def rename_and_tell(old: Any, new: Any) -> None:
        tell(Step.SYNCED)
        rename(old, new)
        tell(Step.RENAMED)

    async def transact_and_tell(*arguments: Any, **named: Any) -> Any:
        answer = await transact(*arguments, **named)
        tell(Step.AFTER_COMMIT)
        return answer

    patch.object(NewFile, "write", write_and_tell).start()
    patch.object(os, "rename", rename_and_tell).start()
    patch("cms_media.authoring.intake.transact", transact_and_tell).start()
    event.listen(cms.db.writer.sync_engine, "commit", lambda _: tell(Step.BEFORE_COMMIT))


async def warm_up(cms: CMS, request: Request) -> None:
    """Upload once in this process: those that are forked from it find everything compiled."""
    async with serving(cms) as client:
        headers = dict(request.headers)
        made = await client.put(request.target, content=request.body, headers=headers)
        await client.get(made.json()["signed_url"])
    await cms.close()
    if cms.db._writing is not None:
        cms.db._writing = asyncio.Lock()  # one that was waited for belongs to this event loop

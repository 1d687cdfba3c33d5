"""Writers that are killed: the next one is born while the last one is being looked into."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Collection
from contextlib import suppress
from enum import IntEnum
from multiprocessing.connection import Connection
from multiprocessing.context import ForkProcess
from typing import Any, NamedTuple

import uvloop
from sqlalchemy import event

from campaigns.processes import FORK
from campaigns.published.shapes import CYCLE, Shapes
from campaigns.published.writing import Author
from cms_core import CMS, Unavailable

#: Seconds that a writer may take to be born, and to come to its end.
PATIENCE = 60.0


class Place(IntEnum):
    """Where a writer dies."""

    AFTER_COMMIT = 0  # the database has said so; nobody was told yet, nothing deleted
    BEFORE_COMMIT = 1  # everything is written, and the database was not asked to commit
    ANYWHERE = 2  # at a moment that somebody else chooses


class Deed(NamedTuple):
    """A version to write, and where to die of it; `delay` is in seconds, for `ANYWHERE`."""

    place: Place
    post: int
    version: int
    delay: float


class Nursery:
    """A process that forks a writer for each deed. Nothing may be connected in this one yet."""

    def __init__(self, cms: CMS, shapes: Shapes) -> None:
        self._cms = cms
        self._shapes = shapes
        self._pipe, theirs = FORK.Pipe()
        self._process = FORK.Process(target=self._tend, args=(theirs,))
        self._process.start()

    def until_ready(self) -> None:
        """Wait until the writers have practised: from then on only deeds change anything."""
        self._pipe.recv()

    async def kill(self, deed: Deed) -> bool:
        """Have it done by a writer that dies; return whether it died before it was done."""
        return await asyncio.to_thread(self._ask, deed)

    def close(self) -> None:
        """End the process."""
        self._pipe.send(None)
        self._process.join(PATIENCE)
        self._process.kill()

    def _ask(self, deed: Deed) -> bool:
        self._pipe.send(deed)
        if not self._pipe.poll(2 * PATIENCE):
            raise TimeoutError("no writer died")
        died: bool = self._pipe.recv()
        return died

    def _tend(self, pipe: Connection) -> None:
        # What they would all compile is compiled before they are born.
        uvloop.run(_practise(self._cms, self._shapes))
        pipe.send(None)
        writer = _Writer(self._cms, self._shapes)
        while (deed := pipe.recv()) is not None:
            died = writer.perform(deed)
            pipe.send(died)
            writer = _Writer(self._cms, self._shapes)
        writer.end()


class _Writer:
    """A process that is connected, and waits for its only deed."""

    def __init__(self, cms: CMS, shapes: Shapes) -> None:
        self._cms = cms
        self._shapes = shapes
        self._pipe, theirs = FORK.Pipe()
        self._process: ForkProcess = FORK.Process(target=self._live, args=(theirs,), daemon=True)
        self._process.start()
        theirs.close()

    def perform(self, deed: Deed) -> bool:
        """Let it be done; return whether the writer was killed over it."""
        self._pipe.recv()
        self._pipe.send(deed)
        if deed.place is Place.ANYWHERE:
            time.sleep(deed.delay)
            self._process.kill()
        self._process.join(PATIENCE)
        self._pipe.close()
        if self._process.exitcode not in (0, -signal.SIGKILL):
            raise RuntimeError("a writer failed")
        return self._process.exitcode != 0

    def end(self) -> None:
        self._process.kill()
        self._process.join()

    def _live(self, pipe: Connection) -> None:
        uvloop.run(self._write(pipe))

    async def _write(self, pipe: Connection) -> None:
        await self._cms.db.ping()
        async with self._cms.db.transaction():
            pass  # so that its connection is there
        pipe.send(None)
        deed: Deed = pipe.recv()
        if deed.place is Place.AFTER_COMMIT:
            self._cms.db.touched = _die
        elif deed.place is Place.BEFORE_COMMIT:
            event.listen(self._cms.db.writer.sync_engine, "commit", _die)
        with suppress(Unavailable):  # whoever waits too long for the dead is refused
            await Author(self._cms, self._shapes).write(deed.post, deed.version)


def _die(touched: Collection[str] | Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


async def _practise(cms: CMS, shapes: Shapes) -> None:
    """Take the first post once through all kinds of changes."""
    author = Author(cms, shapes)
    for version in range(2, CYCLE):
        await author.write(0, version)
    await cms.close()
    if cms.db._writing is not None:
        cms.db._writing = asyncio.Lock()  # one that was waited for belongs to this event loop

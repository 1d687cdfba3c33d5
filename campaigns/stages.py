"""What each worker is in the middle of, told through shared memory to whoever kills it."""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from mmap import mmap
from typing import Any

from sqlalchemy import Connection, event

from cms_core.db.database import Database


class Stage(IntEnum):
    """How far a worker has come."""

    STARTING = 0
    #: It has committed once, so it is at work, and no transaction of its is open.
    READY = 1
    #: The database has begun a transaction for it.
    OPEN = 2
    #: Such a transaction has changed what readers see.
    WRITTEN = 3


class Stages:
    """A byte per worker, in memory that all processes forked later share."""

    def __init__(self, workers: int) -> None:
        self._memory = mmap(-1, workers)

    def __getitem__(self, worker: int) -> Stage:
        return Stage(self._memory[worker])

    def __setitem__(self, worker: int, stage: Stage) -> None:
        self._memory[worker] = stage


def follow(db: Database, note: Callable[[Stage], None]) -> None:
    """Call `note` whenever the writing transactions of this process come to another stage.

    Late at the beginning and early at the end: a process that is stopped at `OPEN` or `WRITTEN` has
    a transaction that the database has begun, and that nobody has asked it to commit.
    """
    engine = db.writer.sync_engine
    opened: dict[Connection, Stage] = {}

    def tell() -> None:
        note(max(opened.values(), default=Stage.READY))

    @event.listens_for(engine, "after_cursor_execute")
    def executed(connection: Connection, _: Any, statement: str, *__: Any) -> None:
        if _writes(connection):
            shown = statement.startswith(("INSERT INTO published_posts", "UPDATE published_posts"))
            opened[connection] = Stage.WRITTEN if shown else opened.get(connection, Stage.OPEN)
            tell()

    def ends(connection: Connection) -> None:
        if _writes(connection):
            opened.pop(connection, None)
            tell()

    event.listen(engine, "commit", ends)
    event.listen(engine, "rollback", ends)


def _writes(connection: Connection) -> bool:
    # On PostgreSQL, snapshots and hints share the engine; they say so.
    return "isolation_level" not in connection.get_execution_options()

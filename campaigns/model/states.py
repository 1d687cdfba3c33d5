"""What the model consists of: the database, the processes and their caches, the reads.

All of it is tuples, so that a state is hashed and compared at the speed of C; numbers stand for
phases since the hash of an enum member is computed in Python.
"""

from __future__ import annotations

from typing import NamedTuple

#: For each object that an answer shows, who wrote it last: 0 at the beginning.
Body = tuple[int, ...]
#: For each object the generation of its scope; 0 stands for an absent row.
Gens = tuple[int, ...]

#: Who writes what was planned; it is the last object of a body.
PLANNED = 9


class Entry(NamedTuple):
    """An answer as caches keep it: with the generations under which it was stored."""

    body: Body
    gens: Gens


class Database(NamedTuple):
    """What is committed, and what the judge knows of it."""

    body: Body
    gens: Gens
    #: The last random generation; it stands for "a value that never was before".
    drawn: int
    #: Every body that was ever committed, in order.
    history: tuple[Body, ...]
    #: Position in `history` of the last that somebody was told of: its writer or a reader.
    known: int
    #: Whether the clock shows the planned instant or later.
    passed: bool
    #: Whether the plan still waits to be applied.
    planned: bool
    #: How often a backup of the beginning may still be restored.
    restores: int

    @property
    def overdue(self) -> bool:
        """Whether the plan should have been applied by now."""
        return self.planned and self.passed


class Told(NamedTuple):
    """What a validation query saw when the database executed it."""

    gens: Gens
    overdue: bool


class Stage:
    """How far the load of a process has come."""

    NONE, BEGUN, HALF, DONE = range(4)


class Process(NamedTuple):
    """An API process: its first-level cache, its validation query, its load."""

    local: Entry | None = None
    sent: bool = False
    told: Told | None = None
    load: int = Stage.NONE
    loaded: Entry | None = None


class Phase:
    """What a read waits for."""

    HOME, QUEUED, SENT, OVERDUE, MISSED, LOADING, ANSWERED = range(7)


class Reader(NamedTuple):
    """One read."""

    phase: int = Phase.HOME
    #: Position in `history` that was known when it came.
    since: int = 0
    #: Whether the planned instant had passed when it came.
    due: bool = False
    #: The entry that it wants to be validated.
    held: Entry | None = None
    #: The generations that a validation told it.
    seen: Gens | None = None
    #: Whether the present load of its process began before it came.
    older: bool = False
    #: Once answered: whether from a cache, and what was wrong with the answer.
    hit: bool = False
    wrong: str | None = None


class State(NamedTuple):
    """Everything at one moment."""

    db: Database
    #: How many acts each writer has done.
    writers: tuple[int, ...]
    #: What the shared cache may answer.
    shared: tuple[Entry, ...]
    #: Entries on their way to the shared cache, sorted.
    puts: tuple[Entry, ...]
    processes: tuple[Process, ...]
    readers: tuple[Reader, ...]

    def with_process(self, number: int, process: Process) -> State:
        """Return the state with another process in this place."""
        others = self.processes
        return self._replace(processes=(*others[:number], process, *others[number + 1 :]))

    def with_reader(self, number: int, reader: Reader) -> State:
        """Return the state with another reader in this place."""
        others = self.readers
        return self._replace(readers=(*others[:number], reader, *others[number + 1 :]))

"""What happened during a test: events and SQL statements."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from sqlalchemy import event as sqlalchemy_event

from cms_core.db.database import Database
from cms_core.events import Event, Moment, Subscriber, Subscribers

E = TypeVar("E", bound=Event)


class EventRecorder(Subscribers):
    """The subscribers of a CMS, and one more that keeps every event it hears of.

    `emitted` holds events whose transaction was about to commit, `committed` those that stand.
    """

    def __init__(self, subscribers: Iterable[Subscriber]) -> None:
        super().__init__(subscribers)
        self.emitted: list[Event] = []
        self.committed: list[Event] = []

    def of(self, event: Event, moment: Moment) -> list[Subscriber]:
        if moment is Moment.BEFORE_COMMIT:
            self.emitted.append(event)
        elif moment is Moment.AFTER_COMMIT:
            self.committed.append(event)
        return super().of(event, moment)

    def having(self, kind: type[E]) -> list[E]:
        """The committed events of exactly this kind, in their order."""
        return [event for event in self.committed if type(event) is kind]

    def clear(self) -> None:
        """Forget what was heard so far."""
        self.emitted.clear()
        self.committed.clear()


@contextmanager
def recorded_statements(db: Database) -> Iterator[list[str]]:
    """Yield a list of the SQL statements, without those that begin and end transactions."""
    statements: list[str] = []

    def hear(statement: str) -> None:
        if not statement.startswith(("BEGIN", "SAVEPOINT", "RELEASE", "ROLLBACK")):
            statements.append(statement)

    def record(_: Any, __: Any, statement: str, *___: Any) -> None:
        hear(statement)

    # On PostgreSQL the reader is a view of the writer's engine and shares its listeners.
    engines = {db.writer.sync_engine}
    if db.dialect == "sqlite":
        engines.add(db.reader.sync_engine)
    for engine in engines:
        sqlalchemy_event.listen(engine, "before_cursor_execute", record)
    db.heard.append(hear)
    try:
        yield statements
    finally:
        db.heard.remove(hear)
        for engine in engines:
            sqlalchemy_event.remove(engine, "before_cursor_execute", record)

"""Statements that are compiled once and run on the driver, without the ORM."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import Delete, Dialect, Float, Insert, Select, Update
from sqlalchemy.types import TypeEngine

from cms_core.db.types import Instant

#: A row: its columns are attributes, in the order of the statement.
AnyRow = Any

Change: TypeAlias = Insert | Update | Delete
Statement: TypeAlias = Select[*tuple[Any, ...]] | Change

#: Gets each statement that runs on the driver itself.
Hear = Callable[[str], None]

_Convert = Callable[[Any], Any]

#: What PostgreSQL calls the types of columns of numbers (pg_type.oid).
_FLOAT8, _NUMERIC = 701, 1700


class Parameter(NamedTuple):
    """A place in a statement for a value: one that is given each time, or a literal's."""

    name: str
    convert: _Convert | None
    is_given: bool
    literal: Any

    def of(self, values: Mapping[str, Any]) -> Any:
        """The value as the driver takes it. Raises `KeyError` where it is missing."""
        value = values[self.name] if self.is_given else self.literal
        return value if self.convert is None else self.convert(value)


class Prepared(NamedTuple):
    """A statement as one kind of database takes it."""

    sql: str
    parameters: tuple[Parameter, ...]
    #: Places of columns whose values the driver does not give as they are meant.
    conversions: tuple[tuple[int, _Convert], ...]


class Read:
    """A SELECT whose parameters are all named (`bindparam`); make it once and keep it.

    `session.fetch(read, name=value)` runs it. Columns become attributes of the rows, so each needs
    a name of its own that is a word of Python. In a transaction, a statement that changes rows and
    returns them will do as well; its parameters must not be named like columns.
    """

    def __init__(self, statement: Statement) -> None:
        self.statement = statement
        names = [column.name for column in statement.exported_columns]
        kind: Any = namedtuple("Row", names)  # type: ignore[misc]  # the names are data
        self.row: Callable[[Sequence[Any]], AnyRow] = kind._make
        self._prepared: dict[str, Prepared] = {}

    def prepared(self, dialect: Dialect) -> Prepared:
        """Return the statement as this kind of database takes it."""
        found = self._prepared.get(dialect.name)
        if found is None:
            found = self._prepared[dialect.name] = _prepare(self.statement, dialect)
        return found

    def rows(self, prepared: Prepared, records: Sequence[Sequence[Any]]) -> list[AnyRow]:
        """Return what the driver gave as rows."""
        make = self.row
        if not prepared.conversions:
            return [make(record) for record in records]
        return [make(_converted(record, prepared.conversions)) for record in records]


class Write:
    """A change that returns nothing; make it once and keep it.

    `session.write(write, row, …)` runs it for each row, in one round trip. The parameters of an
    INSERT are `columns`; those of others are named (`bindparam`), and not like columns.
    """

    def __init__(self, statement: Change, columns: Sequence[str] | None = None) -> None:
        self.statement = statement
        self._columns = columns
        self._prepared: dict[str, Prepared] = {}

    def prepared(self, dialect: Dialect) -> Prepared:
        """Return the statement as this kind of database takes it."""
        found = self._prepared.get(dialect.name)
        if found is None:
            found = self._prepared[dialect.name] = _prepare(self.statement, dialect, self._columns)
        return found


class Driver:
    """A connection of the driver (asyncpg) that tells whoever listens what it runs."""

    def __init__(self, connection: Any, heard: Sequence[Hear]) -> None:
        self._connection = connection
        self._heard = heard

    async def fetch(self, sql: str, *values: Any) -> Sequence[Sequence[Any]]:
        """Return the rows of a statement, which the driver prepares once per connection."""
        for hear in self._heard:
            hear(sql)
        records: Sequence[Sequence[Any]] = await self._connection.fetch(sql, *values)
        return records

    async def run(self, sql: str, rows: Sequence[Sequence[Any]]) -> Sequence[Sequence[Any]]:
        """Run a statement for each of these rows of values, in one round trip.

        Only what runs for a single row returns any.
        """
        if len(rows) == 1:
            return await self.fetch(sql, *rows[0])
        for hear in self._heard:
            hear(sql)
        await self._connection.executemany(sql, rows)
        return ()

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction has begun on the connection."""
        begun: bool = self._connection.is_in_transaction()
        return begun

    async def execute(self, sql: str, *, within: float | None = None) -> None:
        """Run a statement that has neither parameters nor rows.

        Raises `TimeoutError` where it takes longer than `within` seconds.
        """
        await self._connection.execute(sql, timeout=within)


def arguments(prepared: Prepared, values: Mapping[str, Any]) -> list[Any]:
    """Return the parameters as the driver takes them. Raises `KeyError` for one that is missing."""
    return [parameter.of(values) for parameter in prepared.parameters]


def _prepare(
    statement: Statement, dialect: Dialect, columns: Sequence[str] | None = None
) -> Prepared:
    compiled: Any = statement.compile(dialect=dialect, column_keys=columns)
    binds = [compiled.binds[name] for name in compiled.positiontup or ()]
    parameters = (
        Parameter(
            bind.key,
            bind.type.dialect_impl(dialect).bind_processor(dialect),
            bool(bind.required),
            bind.effective_value,
        )
        for bind in binds
    )
    read = [_reader(column.type, dialect) for column in statement.exported_columns]
    return Prepared(
        str(compiled),
        tuple(parameters),
        tuple((place, convert) for place, convert in enumerate(read) if convert is not None),
    )


def _reader(kind: TypeEngine[Any], dialect: Dialect) -> _Convert | None:
    if type(kind) is Instant and dialect.name == "postgresql":
        return None  # asyncpg gives moments in UTC, and nothing else from such a column
    # That of a number is chosen by what the driver says the column is.
    column_type = _FLOAT8 if isinstance(kind, Float) else _NUMERIC
    return kind.dialect_impl(dialect).result_processor(dialect, column_type)


def _converted(
    record: Sequence[Any], conversions: tuple[tuple[int, _Convert], ...]
) -> Sequence[Any]:
    values = list(record)
    for place, convert in conversions:
        values[place] = convert(values[place])
    return values

"""Generations: one random id per scope of published content, renewed by whoever changes it.

Random, not counters: counters would repeat after a restore. Rows are never deleted, since an
absent row would match a value cached before the scope first changed.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID, uuid4

from sqlalchemy import String, Table, Text, Uuid, bindparam
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from cms_core.db.reads import Write
from cms_core.db.several import Several
from cms_core.db.types import Base

if TYPE_CHECKING:
    from cms_core.db.session import TransactionSession


class Generation(Base):
    __tablename__ = "generations"

    scope: Mapped[str] = mapped_column(String(300), primary_key=True)
    gen: Mapped[UUID] = mapped_column(Uuid)


# SQLite's compiler takes the clauses of PostgreSQL: it has the same.
_INSERT = insert(cast(Table, Generation.__table__))
_RENEW = Write(
    _INSERT.on_conflict_do_update(index_elements=["scope"], set_={"gen": _INSERT.excluded.gen}),
    ("scope", "gen"),
)


async def renew(session: TransactionSession, scopes: Iterable[str]) -> None:
    """Give each scope a new generation in the session's transaction.

    Sorted: two transactions that touch the same scopes lock their rows in the same order and can't
    deadlock. One statement for any number of scopes, so that it is compiled once.
    """
    rows = [{"scope": scope, "gen": uuid4()} for scope in sorted(set(scopes))]
    await session.write(_RENEW, *rows)


class generations_of(FunctionElement[str]):  # noqa: N801 - used like a SQL function
    """The generations of the scopes in a parameter, as a JSON object; NULL where there are none."""

    type = Text()
    inherit_cache = True
    name = "generations_of"

    def __init__(self, parameter: str) -> None:
        super().__init__(bindparam(parameter, type_=Several(Text())))


@compiles(generations_of)
def _postgres_generations(element: generations_of, compiler: SQLCompiler, **kw: Any) -> str:
    scopes = compiler.process(element.clauses, **kw)
    return (
        f"(SELECT json_object_agg(scope, gen)::text FROM generations WHERE scope = ANY ({scopes}))"
    )


@compiles(generations_of, "sqlite")
def _sqlite_generations(element: generations_of, compiler: SQLCompiler, **kw: Any) -> str:
    scopes = compiler.process(element.clauses, **kw)
    return (
        "(SELECT json_group_object(scope, gen) FROM generations"
        f" WHERE scope IN (SELECT value FROM json_each({scopes})))"
    )


class mark(FunctionElement[str]):  # noqa: N801 - used like a SQL function
    """A text that stays the same exactly while no transaction ends that could change anything.

    PostgreSQL: the snapshot of the statement, which names every transaction that is visible to it.
    SQLite has none in SQL: there a pragma tells.
    """

    type = Text()
    inherit_cache = True
    name = "mark"


@compiles(mark)
def _postgres_mark(element: mark, compiler: SQLCompiler, **kw: Any) -> str:
    return "pg_current_snapshot()::text"


@compiles(mark, "sqlite")
def _sqlite_mark(element: mark, compiler: SQLCompiler, **kw: Any) -> str:
    return "''"

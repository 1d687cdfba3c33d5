"""How long a list is: counted, or as PostgreSQL's planner estimates it."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Any

from sqlalchemy import Executable, Select, func, literal, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ClauseElement

#: Lists up to this length are counted even when an estimate would do: it costs next to nothing.
COUNTED = 1000


class Count(StrEnum):
    NONE = "none"
    ESTIMATED = "estimated"
    EXACT = "exact"


async def total_of(session: AsyncSession, statement: Select[Any], count: Count) -> int | None:
    """Return how many rows a (filtered) statement leaves; None when nobody asked.

    SQLite has no planner that could tell, and counts.
    """
    if count is Count.NONE:
        return None
    # Without the columns, but from the same tables: they may stand nowhere else.
    rows = statement.order_by(None).with_only_columns(literal(1), maintain_column_froms=True)
    if count is Count.EXACT or session.get_bind().dialect.name == "sqlite":
        return await _count(session, rows)
    few = await _count(session, rows.limit(COUNTED + 1))
    return few if few <= COUNTED else max(few, await _estimate(session, rows))


async def _count(session: AsyncSession, rows: Select[Any]) -> int:
    counted = select(func.count()).select_from(rows.subquery())
    return (await session.execute(counted)).scalar_one()


async def _estimate(session: AsyncSession, rows: Select[Any]) -> int:
    answer = (await session.execute(_Explain(rows))).scalar_one()
    plan = json.loads(answer) if isinstance(answer, str) else answer
    return int(plan[0]["Plan"]["Plan Rows"])


class _Explain(Executable, ClauseElement):
    inherit_cache = False

    def __init__(self, statement: Select[Any]) -> None:
        self.statement = statement


@compiles(_Explain, "postgresql")
def _compile_explain(element: _Explain, compiler: SQLCompiler, **kw: Any) -> str:
    return f"EXPLAIN (FORMAT JSON) {compiler.process(element.statement, **kw)}"

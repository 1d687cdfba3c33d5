"""The database's clock: the only clock whose readings are compared.

The clocks of processes drift, jump and lie; the database is the one place that all of them share.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from cms_core.db.types import Instant


class db_now(FunctionElement[datetime]):  # noqa: N801 - used like a SQL function
    """The database's present moment at the start of the statement, as an `Instant`."""

    type = Instant()
    inherit_cache = True
    name = "db_now"


@compiles(db_now)
def _postgres_now(element: db_now, compiler: SQLCompiler, **kw: Any) -> str:
    return "statement_timestamp()"


@compiles(db_now, "sqlite")
def _sqlite_now(element: db_now, compiler: SQLCompiler, **kw: Any) -> str:
    # strftime gives milliseconds; the zeros make it as wide as `Instant` writes microseconds.
    return "strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')"


_CLOCK = select(db_now())


async def read_clock(session: AsyncSession) -> datetime:
    """Return the database's present moment (UTC)."""
    return (await session.execute(_CLOCK)).scalar_one()

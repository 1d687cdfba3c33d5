"""Whether a database has the full-text search that the index is built on."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession


async def search_fault(session: AsyncSession) -> str | None:
    """Say why this database can't search; None when it can.

    PostgreSQL always can. SQLite can where it was compiled with FTS5, which some minimal builds
    leave out.
    """
    if session.get_bind().dialect.name != "sqlite":
        return None
    modules = await session.execute(text("SELECT 1 FROM pragma_module_list WHERE name = 'fts5'"))
    return None if modules.first() else "this SQLite was built without FTS5"

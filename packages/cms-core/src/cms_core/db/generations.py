"""Generations: one random id per scope of published content, renewed by whoever changes it.

Random, not counters: counters would repeat after a restore. Rows are never deleted, since an
absent row would match a value cached before the scope first changed.
"""

from collections.abc import Iterable
from uuid import UUID, uuid4

from sqlalchemy import String, Uuid
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from cms_core.db.types import Base


class Generation(Base):
    __tablename__ = "generations"

    scope: Mapped[str] = mapped_column(String(300), primary_key=True)
    gen: Mapped[UUID] = mapped_column(Uuid)


async def renew(session: AsyncSession, scopes: Iterable[str]) -> None:
    """Give each scope a new generation in the session's transaction.

    Sorted: two transactions that touch the same scopes lock their rows in the same order and can't
    deadlock. One statement for any number of scopes, so that it is compiled once.
    """
    rows = [{"scope": scope, "gen": uuid4()} for scope in sorted(set(scopes))]
    if not rows:
        return
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    insert = dialect.insert(Generation.__table__)
    renewed = {"gen": insert.excluded.gen}
    await session.execute(
        insert.on_conflict_do_update(index_elements=["scope"], set_=renewed), rows
    )

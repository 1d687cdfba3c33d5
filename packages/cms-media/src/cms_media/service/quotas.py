"""How much each account may upload."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncSession

from cms_core import Transaction
from cms_media.errors import QuotaExceeded
from cms_media.models import MediaAccount


async def room_of(session: AsyncSession, owner_id: UUID, quota: int) -> int | None:
    """How many bytes an account may still upload; None: as many as it likes."""
    if not quota:
        return None
    taken = await session.scalar(
        select(MediaAccount.bytes).where(MediaAccount.owner_id == owner_id)
    )
    return max(quota - (taken or 0), 0)


async def charge(session: Transaction, owner_id: UUID, size: int, quota: int) -> None:
    """Add an upload to an account, which stays locked. Raises `QuotaExceeded`."""
    # SQLite's compiler takes the clauses of PostgreSQL: it has the same.
    insert = postgresql.insert(MediaAccount).values(owner_id=owner_id, bytes=size)
    added = {"bytes": MediaAccount.bytes + insert.excluded.bytes}
    statement = insert.on_conflict_do_update(index_elements=["owner_id"], set_=added)
    taken = (await session.execute(statement.returning(MediaAccount.bytes))).scalar_one()
    if quota and taken > quota:
        raise QuotaExceeded


async def refund(session: Transaction, owner_id: UUID, size: int) -> None:
    """Take a deleted file off its account."""
    mine = update(MediaAccount).where(MediaAccount.owner_id == owner_id)
    await session.execute(mine.values(bytes=MediaAccount.bytes - size))

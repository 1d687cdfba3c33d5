"""The identity of this database: part of every cache key, renewed when a backup is restored."""

from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, Integer, Uuid, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from cms_core.db.types import Base


class Instance(Base):
    """The table's only row; the first migration writes it."""

    __tablename__ = "instance"
    __table_args__ = (CheckConstraint("number = 1", name="only_one"),)

    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    id: Mapped[UUID] = mapped_column(Uuid)


async def instance_id(session: AsyncSession) -> UUID:
    """Return the id of this database."""
    return (await session.execute(select(Instance.id))).scalar_one()


async def renew_instance(session: AsyncSession) -> UUID:
    """Give the database a new id: what was cached from its former life must not match again."""
    new = uuid4()
    await session.execute(update(Instance).values(id=new))
    return new

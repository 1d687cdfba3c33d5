"""Tables of the ledger."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Integer, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from cms_core import Base, Instant


class Publication(Base):
    """One change of what readers see of a post, written by a trigger in its transaction."""

    __tablename__ = "ledger_publications"

    id: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer(), "sqlite"), primary_key=True
    )
    post_id: Mapped[UUID] = mapped_column(Uuid, index=True)
    revision: Mapped[int] = mapped_column(Integer)
    #: By the database's clock.
    at: Mapped[datetime] = mapped_column(Instant)


class Thing(Base):
    """Something that things happen to: its row is the lock under which its events are emitted."""

    __tablename__ = "ledger_things"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    #: How often something happened to it.
    number: Mapped[int] = mapped_column(Integer)


class Emission(Base):
    """One event, written by the transaction that emitted it."""

    __tablename__ = "ledger_emissions"

    token: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    thing: Mapped[int] = mapped_column(Integer)
    number: Mapped[int] = mapped_column(Integer)

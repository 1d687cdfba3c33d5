"""Entities without the unit of work: its share of a short transaction would be the largest.

What is read and written here the session knows as its own, so that its other means go on working.
"""

from __future__ import annotations

from functools import cache
from typing import Any, TypeVar, cast

from sqlalchemy import Table, bindparam, insert, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import make_transient_to_detached
from sqlalchemy.orm.attributes import set_committed_value

from cms_core import Base, Transaction, Write

B = TypeVar("B", bound=Base)


def entity_of(session: AsyncSession, kind: type[B], row: Any) -> B:
    """The entity of a row with all its columns: the session's own, brought up to date."""
    values = row._asdict()
    known = known_entity(session, kind, *(values[name] for name in _key(kind)))
    if known is None:
        return _adopted(session, kind(**values))
    _note(known, values)
    return known


def known_entity(session: AsyncSession, kind: type[B], *key: Any) -> B | None:
    """The entity of that primary key, if the session has it already."""
    found = session.identity_map.get(kind.__mapper__.identity_key_from_primary_key(key))
    return cast("B | None", found)


async def store(session: Transaction, entity: B) -> B:
    """Insert the row of a new entity, of which every attribute is set."""
    kind = type(entity)
    if session.in_nested_transaction():
        # The unit of work forgets what a savepoint takes back, if it knows of it.
        session.add(entity)
        await session.flush()
        return entity
    await session.write(_insert(kind), {name: getattr(entity, name) for name in _columns(kind)})
    return _adopted(session, entity)


async def amend(session: Transaction, *changed: tuple[Base, dict[str, Any]]) -> None:
    """Change entities of one kind: the same attributes of each."""
    if not changed:
        return
    if session.in_nested_transaction():
        for entity, new in changed:
            for name, value in new.items():
                setattr(entity, name, value)
        await session.flush()
        return
    first, values = changed[0]
    kind = type(first)
    rows = [
        {f"{name}_": getattr(entity, name) for name in _key(kind)}
        | {f"new_{name}": value for name, value in new.items()}
        for entity, new in changed
    ]
    await session.write(_update(kind, tuple(values)), *rows)
    for entity, new in changed:
        _note(entity, new)


def _adopted(session: AsyncSession, entity: B) -> B:
    make_transient_to_detached(entity)
    session.add(entity)
    # By itself a session forgets what nobody refers to any more; then it would be read again.
    session.info.setdefault("adopted", []).append(entity)
    return entity


def _note(entity: Base, values: dict[str, Any]) -> None:
    for name, value in values.items():
        set_committed_value(entity, name, value)


def _table(kind: type[Base]) -> Table:
    return cast(Table, kind.__table__)


@cache
def _columns(kind: type[Base]) -> tuple[str, ...]:
    return tuple(_table(kind).c.keys())


@cache
def _key(kind: type[Base]) -> tuple[str, ...]:
    return tuple(column.name for column in _table(kind).primary_key)


@cache
def _insert(kind: type[Base]) -> Write:
    return Write(insert(_table(kind)), _columns(kind))


@cache
def _update(kind: type[Base], names: tuple[str, ...]) -> Write:
    table = _table(kind)
    # SQLAlchemy keeps the plain names of columns for itself.
    mine = [table.c[name] == bindparam(f"{name}_") for name in _key(kind)]
    return Write(update(table).where(*mine).values({n: bindparam(f"new_{n}") for n in names}))

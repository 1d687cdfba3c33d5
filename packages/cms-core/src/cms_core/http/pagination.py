"""Keyset pagination: equal cost at any depth, stable while rows come and go.

A cursor holds the order and the last row's sort values, signed: opaque and tamper-evident.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Generic, TypeVar
from uuid import UUID

from pydantic import BaseModel
from pydantic_core import to_json
from sqlalchemy import (
    ColumnElement,
    Integer,
    Label,
    Row,
    Select,
    bindparam,
    literal,
    literal_column,
    tuple_,
)
from sqlalchemy.ext.asyncio import AsyncSession

from cms_core.db.reads import Read
from cms_core.db.session import fetch
from cms_core.db.types import Instant
from cms_core.errors import FieldError
from cms_core.http.counting import Count, total_of
from cms_core.http.query import BadParameter
from cms_core.signing import BadSignature, Signer

T = TypeVar("T")
MAX_LIMIT = 100


class BadCursor(BadParameter):
    """This cursor was not made by this server, or was made for another list or order.

    Begin again without `cursor`.
    """


class Page(BaseModel, Generic[T]):
    """A page of a list; `next_cursor` is null on the last one."""

    items: list[T]
    next_cursor: str | None = None
    total: int | None = None


@dataclass(frozen=True, slots=True)
class Sort:
    """A named order: columns that are never NULL, the last one unique, all in one direction."""

    columns: tuple[ColumnElement[Any], ...]


@dataclass(frozen=True, slots=True)
class Rows:
    """One page of rows as the database gave them."""

    rows: Sequence[Row[Any]]
    next_cursor: str | None
    total: int | None


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Which page of which order a client asks for; made by `listing` from the query string."""

    signer: Signer
    limit: int
    sort: str
    sorts: Mapping[str, Sort]
    cursor: str | None = None
    count: Count = Count.NONE
    #: What the list is filtered by: a cursor continues only the list it was made for.
    context: str = ""

    async def rows(
        self,
        session: AsyncSession,
        statement: Select[Any],
        parameters: Mapping[str, Any] | None = None,
    ) -> Rows:
        """Run the (filtered, unordered) statement for this page.

        With `parameters`, the statement is one that is made once and names them: then it is
        compiled once for each order too, and run as a `Read`.

        Raises `BadCursor`. One row more than the page is read, to know whether it is the last.
        """
        if parameters is not None:
            return await self._lean_rows(session, statement, parameters)
        columns = self.sorts[self.sort.removeprefix("-")].columns
        descending = self.sort.startswith("-")
        page = statement.add_columns(*(c.label(f"_key_{i}") for i, c in enumerate(columns)))
        if self.cursor is not None:
            after = tuple_(*self._literals(columns))
            key = tuple_(*columns)
            page = page.where(key < after if descending else key > after)
        page = page.order_by(*(c.desc() if descending else c.asc() for c in columns))
        rows = (await session.execute(page.limit(self.limit + 1))).all()
        more = len(rows) > self.limit
        rows = rows[: self.limit]
        total = await total_of(session, statement, self.count)
        return Rows(rows, self._pack(rows[-1][-len(columns) :]) if more else None, total)

    async def _lean_rows(
        self, session: AsyncSession, statement: Select[Any], parameters: Mapping[str, Any]
    ) -> Rows:
        sort = self.sorts[self.sort.removeprefix("-")]
        after: Mapping[str, Any] = {}
        if self.cursor is not None:
            after = {f"after_{i}": value for i, value in enumerate(self._unpack(sort.columns))}
        descending, continued = self.sort.startswith("-"), self.cursor is not None
        read, places = _page_of(statement, sort, descending, continued, self.limit + 1)
        rows = await fetch(session, read, **parameters, **after)
        cursor = None
        if len(rows) > self.limit:
            rows.pop()
            cursor = self._pack([rows[-1][place] for place in places])
        total = None
        if self.count is not Count.NONE:
            total = await total_of(session, statement.params(**parameters), self.count)
        return Rows(rows, cursor, total)

    def _pack(self, key: Sequence[Any]) -> str:
        return self.signer.sign(to_json([self._scope(), *key]))

    def _literals(self, columns: tuple[ColumnElement[Any], ...]) -> list[ColumnElement[Any]]:
        values = zip(self._unpack(columns), columns, strict=True)
        return [literal(value, column.type) for value, column in values]

    def _unpack(self, columns: tuple[ColumnElement[Any], ...]) -> list[Any]:
        """The last row's sort values, from the cursor."""
        try:
            scope, *values = _opened(self.signer, self.cursor or "")
            if scope != self._scope():
                raise ValueError("made for another list or order")
            pairs = zip(values, columns, strict=True)
            return [_from_json(value, column) for value, column in pairs]
        except (BadSignature, ValueError, TypeError):
            # A type error is a cursor that an older release signed over other columns.
            message = "start again without a cursor"
            raise BadCursor(errors=[FieldError("cursor", message)]) from None

    def _scope(self) -> str:
        # A digest: filters may be long, and the cursor travels in an address.
        return _digest(f"{self.sort}|{self.context}")


@lru_cache(maxsize=2048)
def _opened(signer: Signer, cursor: str) -> tuple[Any, ...]:
    """What a cursor holds. Raises `BadSignature`, and what `json` raises."""
    return tuple(json.loads(signer.unsign(cursor)))


@lru_cache(maxsize=2048)
def _digest(scope: str) -> str:
    return hashlib.sha256(scope.encode()).hexdigest()[:16]


@lru_cache(maxsize=512)
def _page_of(
    statement: Select[Any], sort: Sort, descending: bool, continued: bool, rows: int
) -> tuple[Read, Sequence[int]]:
    """The read of a page, and the places of the sort values in its rows.

    Made once, since statement and sort are kept by whoever has them. The number of rows is no
    parameter: a planner that does not know it may sort the whole list.
    """
    columns = sort.columns
    page, places = statement, []
    shown = [each.element if isinstance(each, Label) else each for each in page.selected_columns]
    for column in columns:
        place = next((i for i, each in enumerate(shown) if each is column), len(shown))
        if place == len(shown):
            page = page.add_columns(column.label(f"key_{place}"))
            shown.append(column)
        places.append(place)
    if continued:
        after = tuple_(*(bindparam(f"after_{i}", type_=c.type) for i, c in enumerate(columns)))
        key = tuple_(*columns)
        page = page.where(key < after if descending else key > after)
    page = page.order_by(*(c.desc() if descending else c.asc() for c in columns))
    return Read(page.limit(literal_column(str(rows), Integer))), places


def _from_json(value: Any, column: ColumnElement[Any]) -> Any:
    if isinstance(column.type, Instant):
        return datetime.fromisoformat(value)
    return UUID(value) if column.type.python_type is UUID else value

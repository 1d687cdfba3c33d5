"""Any number of values as one parameter, so that a statement with them is compiled only once."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from sqlalchemy import Boolean, ColumnElement, Dialect, Text, bindparam
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine


class Several(TypeDecorator[Collection[Any]]):
    """Values of one type: an array on PostgreSQL, a JSON text on SQLite."""

    impl = Text
    cache_ok = True

    def __init__(self, item: TypeEngine[Any]) -> None:
        super().__init__()
        self.item = item

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(Text())
        return dialect.type_descriptor(ARRAY(self.item))

    def process_bind_param(self, value: Collection[Any] | None, dialect: Dialect) -> Any:
        values = list(value or ())
        if dialect.name != "sqlite":
            return values
        convert = self.item.dialect_impl(dialect).bind_processor(dialect)
        return json.dumps(values if convert is None else [convert(each) for each in values])


class among(FunctionElement[bool]):  # noqa: N801 - used like a SQL function
    """Whether a column's value is one of those that a parameter of this name holds."""

    type = Boolean()
    inherit_cache = True
    name = "among"

    def __init__(self, column: ColumnElement[Any], name: str) -> None:
        super().__init__(column, bindparam(name, type_=Several(column.type)))


@compiles(among)
def _postgres_among(element: among, compiler: SQLCompiler, **kw: Any) -> str:
    column, values = (compiler.process(each, **kw) for each in element.clauses)
    return f"{column} = ANY ({values})"


@compiles(among, "sqlite")
def _sqlite_among(element: among, compiler: SQLCompiler, **kw: Any) -> str:
    column, values = (compiler.process(each, **kw) for each in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({values}))"

"""Sparse fields: ``fields=id,title`` answers with those alone."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, GetJsonSchemaHandler
from pydantic_core import CoreSchema, to_json

from cms_core.errors import FieldError
from cms_core.http.pagination import Rows
from cms_core.http.query import BadParameter


class Sparse(BaseModel):
    """Base of list items: with `fields`, any of them may be missing, and the schema says so."""

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        schema = handler.resolve_ref_schema(handler(core_schema))
        schema.pop("required", None)
        return schema


def parse_fields(fields: str | None, item: type[BaseModel]) -> frozenset[str] | None:
    """Return the names asked for; None for all. Raises `BadParameter` for a name not offered."""
    if fields is None:
        return None
    names = {name.strip() for name in fields.split(",") if name.strip()}
    if not names or names - item.model_fields.keys():
        message = f"names of these, separated by commas: {', '.join(item.model_fields)}"
        raise BadParameter(errors=[FieldError("fields", message)])
    return frozenset(names)


def project(
    items: Sequence[BaseModel | Mapping[str, Any]],
    rows: Rows,
    fields: frozenset[str] | None,
) -> bytes:
    """Return a page as JSON bytes, each item reduced to the fields asked for."""
    include: Any = None
    if fields is not None and items:
        match items[0]:
            case BaseModel():
                include = {"items": {"__all__": set(fields)}, "next_cursor": True, "total": True}
            case Mapping() as first if not first.keys() <= fields:
                items = [_reduced(item, fields) for item in items if isinstance(item, Mapping)]
    page = {"items": items, "next_cursor": rows.next_cursor, "total": rows.total}
    return to_json(page, include=include)


def _reduced(item: Mapping[str, Any], fields: frozenset[str]) -> dict[str, Any]:
    return {name: value for name, value in item.items() if name in fields}

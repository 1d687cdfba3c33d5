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
    items: Sequence[BaseModel] | Sequence[bytes], rows: Rows, fields: frozenset[str] | None
) -> bytes:
    """Return a page as JSON, each item reduced to the fields asked for if it is a model."""
    include = None if fields is None else set(fields)
    ready = [each if isinstance(each, bytes) else to_json(each, include=include) for each in items]
    end = to_json({"next_cursor": rows.next_cursor, "total": rows.total})
    return b'{"items":[%b],%b' % (b",".join(ready), end[1:])


def project_item(item: Mapping[str, Any], fields: frozenset[str] | None) -> bytes:
    """Return an item of a page as JSON, reduced to the fields asked for."""
    if fields is not None and not item.keys() <= fields:
        item = {name: value for name, value in item.items() if name in fields}
    return to_json(item)

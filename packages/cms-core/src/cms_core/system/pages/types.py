"""JSON schemas in words: what a value is, with links to the schemas it names."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from cms_core.system.pages.markup import Child, Html, element, join, prose

Schema = dict[str, Any]

_LIMITS = {
    "minimum": "at least",
    "maximum": "at most",
    "exclusiveMinimum": "more than",
    "exclusiveMaximum": "less than",
    "minLength": "shortest",
    "maxLength": "longest",
    "minItems": "fewest",
    "maxItems": "most",
    "pattern": "pattern",
    "default": "default",
}


def name_of(reference: str) -> str:
    """Return the last part of a reference."""
    return reference.rpartition("/")[2]


def anchor_of(schema: str) -> str:
    """Return the fragment under which the page explains a schema."""
    return f"schema-{schema}"


def type_of(schema: Schema) -> Html:
    """Return what a value of this schema is."""
    if reference := schema.get("$ref"):
        name = name_of(reference)
        return element("a", name, href=f"#{anchor_of(name)}")
    for word in ("anyOf", "oneOf", "allOf"):
        if word in schema:
            return _between(" or ", [type_of(each) for each in schema[word]])
    if "const" in schema:
        return _literal(schema["const"])
    if "enum" in schema:
        return _between(" or ", [_literal(value) for value in schema["enum"]])
    return _plain(schema)


def limits_of(schema: Schema) -> Html | None:
    """Return what else the schema asks of a value."""
    found = [
        join(f"{word} ", _literal(schema[key]))
        for key, word in _LIMITS.items()
        if schema.get(key) is not None
    ]
    return element("span", _between(", ", found), class_="dim") if found else None


def properties_of(schema: Schema) -> Html:
    """Return the table of an object's properties."""
    required = schema.get("required", ())
    rows = [(name, each, name in required) for name, each in schema.get("properties", {}).items()]
    return table(rows) if rows else element("p", type_of(schema), " ", limits_of(schema))


def table(rows: list[tuple[str, Schema, bool]]) -> Html:
    """Return a table of named values: (name, schema, whether it is required)."""
    head = element("tr", [element("th", each) for each in ("Name", "Value", "Meaning")])
    return element("table", element("thead", head), element("tbody", map(_row, rows)))


def _row(row: tuple[str, Schema, bool]) -> Html:
    name, schema, required = row
    mark = element("div", "required", class_="required") if required else None
    limits: Child = limits_of(schema)
    return element(
        "tr",
        element("td", element("code", name), mark),
        element("td", type_of(schema), limits and element("div", limits)),
        element("td", prose(schema.get("description", ""))),
    )


def _plain(schema: Schema) -> Html:
    kind = schema.get("type", "any value")
    if kind == "array":
        return join("list of ", type_of(schema.get("items", {})))
    if kind == "object" and isinstance(schema.get("additionalProperties"), dict):
        return join("map of ", type_of(schema["additionalProperties"]))
    form = schema.get("format")
    return join(kind if form is None else f"{kind} ({form})")


def _literal(value: Any) -> Html:
    return element("code", value if isinstance(value, str) else json.dumps(value))


def _between(separator: str, parts: list[Html]) -> Html:
    def pieces() -> Iterator[Child]:
        for number, part in enumerate(parts):
            yield separator if number else None
            yield part

    return join(pieces())

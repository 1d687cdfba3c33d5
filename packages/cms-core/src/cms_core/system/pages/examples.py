"""Example requests, made from the OpenAPI description."""

from __future__ import annotations

import json
from typing import Any

Schema = dict[str, Any]

_TEXTS = {
    "uuid": "01890a5d-ac96-774b-bcce-b302099a8057",
    "date-time": "2027-01-15T09:30:00Z",
    "email": "ada@example.org",
    "uri": "https://example.org",
    "password": "correct horse battery",
}
_DEEPEST = 4


def curl(server: str, method: str, path: str, operation: Schema, schemas: Schema) -> str:
    """Return a command that sends the request, as one would type it."""
    lines = [f"curl {server}{path}"]
    if method != "get":
        lines[0] = f"curl -X {method.upper()} {server}{path}"
    if operation.get("security"):
        lines.append('-H "Authorization: Bearer $TOKEN"')
    if any(each["name"] == "If-Match" for each in operation.get("parameters", ())):
        lines.append("-H 'If-Match: \"7-…\"'")
    body = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if body is not None:
        lines.append("-H 'Content-Type: application/json'")
        text = json.dumps(example(body["schema"], schemas), ensure_ascii=False)
        lines.append("-d '" + text.replace("'", "'\\''") + "'")
    return " \\\n  ".join(lines)


def example(schema: Schema, schemas: Schema, depth: int = 0) -> Any:
    """Return a value that fits the schema: of objects, what is required or the first property."""
    if reference := schema.get("$ref"):
        return example(schemas[reference.rpartition("/")[2]], schemas, depth)
    for given in ("examples", "enum"):
        if schema.get(given):
            return schema[given][0]
    for given in ("example", "const", "default"):
        if schema.get(given) is not None:
            return schema[given]
    for word in ("anyOf", "oneOf", "allOf"):
        if word in schema:
            return example(schema[word][0], schemas, depth)
    return _of_type(schema, schemas, depth)


def _of_type(schema: Schema, schemas: Schema, depth: int) -> Any:
    kind = schema.get("type")
    if kind == "object":
        return {} if depth >= _DEEPEST else _object(schema, schemas, depth)
    if kind == "array":
        few = schema.get("minItems", 0)
        return [example(schema.get("items", {}), schemas, depth + 1)] if few else []
    if kind in ("integer", "number"):
        return schema.get("minimum", 1)
    if kind == "boolean":
        return True
    return _TEXTS.get(schema.get("format", ""), "…") if kind == "string" else None


def _object(schema: Schema, schemas: Schema, depth: int) -> dict[str, Any]:
    properties = schema.get("properties", {})
    names = schema.get("required") or list(properties)[:1]
    return {
        name: example(properties[name], schemas, depth + 1) for name in names if name in properties
    }

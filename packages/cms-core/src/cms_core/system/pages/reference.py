"""``/docs``: the OpenAPI description as one page to read, grouped by door."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cms_core.http.exchange import Door
from cms_core.system.pages.examples import curl
from cms_core.system.pages.layout import page
from cms_core.system.pages.markup import Child, Html, element, join, prose
from cms_core.system.pages.types import anchor_of, name_of, properties_of, table, type_of

Schema = dict[str, Any]

DOORS = {
    Door.DELIVERY: ("Delivery", "Published content, for anybody and for every cache."),
    Door.OPEN: ("Open", "For anybody too, but never cached: to sign in, to look at previews."),
    Door.AUTHORING: (
        "Authoring",
        "For who is signed in: send `Authorization: Bearer …`. Each operation names the permission "
        "that it needs.",
    ),
    Door.ROOT: ("Outside the doors", "Feeds, files and the state of the server."),
}


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path."""

    method: str
    path: str
    about: Schema

    @property
    def door(self) -> Door:
        return Door(self.about["x-door"])

    @property
    def tag(self) -> str:
        return str(self.about.get("tags", ["other"])[0])


def render_reference(schema: Schema) -> Html:
    """Return the page for an OpenAPI description."""
    operations = [
        Operation(method, path, about)
        for path, methods in schema["paths"].items()
        for method, about in methods.items()
    ]
    schemas = schema["components"]["schemas"]
    groups = {door: [each for each in operations if each.door is door] for door in DOORS}
    info = schema["info"]
    return page(
        "API",
        element("h1", "API ", element("span", info["version"], class_="dim")),
        prose(info.get("description", "")),
        [_door(door, group, schema) for door, group in groups.items() if group],
        element("section", element("h2", "Schemas", id="schemas"), _schemas(schemas)),
        sidebar=join(_search(), [_links(door, group) for door, group in groups.items() if group]),
    )


def _search() -> Html:
    # Hidden until the script, without which it would do nothing, has run.
    label = "Search operations and schemas"
    return element("input", type="search", placeholder="Search", aria_label=label, hidden=True)


def _links(door: Door, operations: list[Operation]) -> Html:
    items = [
        element("li", element("a", each.about["summary"], href=f"#{each.about['operationId']}"))
        for each in operations
    ]
    return join(element("h2", DOORS[door][0]), element("ul", items))


def _door(door: Door, operations: list[Operation], schema: Schema) -> Html:
    title, about = DOORS[door]
    tags = dict.fromkeys(each.tag for each in operations)
    parts: list[Child] = [element("h2", title, id=door.value), prose(about)]
    for tag in tags:
        parts.append(element("h3", tag))
        parts += [_operation(each, schema) for each in operations if each.tag == tag]
    return element("section", parts)


def _operation(operation: Operation, schema: Schema) -> Html:
    about = operation.about
    server, schemas = schema["servers"][0]["url"], schema["components"]["schemas"]
    command = curl(server, operation.method, operation.path, about, schemas)
    return element(
        "details",
        element(
            "summary",
            element("span", operation.method, class_=f"method {operation.method}"),
            element("span", operation.path, class_="path"),
            element("span", about["summary"], class_="title"),
        ),
        element(
            "div",
            prose(about.get("description", "")),
            element("pre", element("code", command), class_="copyable"),
            _parameters(about),
            _body(about),
            element("h3", "Answers"),
            [_answer(status, each, schema) for status, each in _answers(about)],
        ),
        id=about["operationId"],
    )


def _parameters(about: Schema) -> Html | None:
    rows = [
        (
            each["name"],
            {**each["schema"], "description": each.get("description", "")},
            each["required"],
        )
        for each in about.get("parameters", ())
    ]
    return join(element("h3", "Parameters"), table(rows)) if rows else None


def _described(parameter: Schema) -> Schema:
    return {"description": parameter.get("description", "")}


def _body(about: Schema) -> Html | None:
    content = about.get("requestBody", {}).get("content", {})
    bodies = [
        element("p", type_of(each["schema"]), " as ", element("code", kind))
        for kind, each in content.items()
    ]
    return join(element("h3", "Body"), bodies) if bodies else None


def _answers(about: Schema) -> Iterator[tuple[str, Schema]]:
    """The answers that are no problems first."""
    yield from sorted(about["responses"].items(), key=lambda item: ("$ref" in item[1], item[0]))


def _answer(status: str, answer: Schema, schema: Schema) -> Html:
    if reference := answer.get("$ref"):
        found = schema["components"]["responses"][name_of(reference)]
        return element("span", f"{status} {found['description']}", class_="chip")
    types = [
        join(type_of(each.get("schema", {})), " as ", element("code", kind))
        for kind, each in answer.get("content", {}).items()
    ]
    headers = ", ".join(answer.get("headers", {}))
    return element(
        "p",
        element("strong", status),
        f" {answer['description']} ",
        types,
        element("span", f" with {headers}", class_="dim") if headers else None,
    )


def _schemas(schemas: Schema) -> list[Html]:
    return [
        element(
            "details",
            element("summary", element("span", name, class_="path")),
            element("div", prose(schema.get("description", "")), properties_of(schema)),
            id=anchor_of(name),
        )
        for name, schema in schemas.items()
    ]

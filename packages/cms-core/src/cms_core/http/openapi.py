"""The OpenAPI description: FastAPI's, completed by what the doors do for every route.

Statuses, headers and security follow from a route's door, method, body and dependencies, so that
no author has to repeat them; ``responses=may_answer(429)`` adds what only the author knows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from http.client import responses as phrases
from importlib.metadata import version
from typing import Any

from fastapi.openapi.utils import get_openapi

from cms_core.http.conditional import precondition_of
from cms_core.http.exchange import Door
from cms_core.http.headers import PARAMETERS, headers_of, headers_of_problem
from cms_core.http.route import CMSRoute
from cms_core.http.routers import CMSRouter, OpenRouter
from cms_core.problems import MEDIA_TYPE, Problem

_UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_REFERENCE = "#/components/schemas/{model}"
_ABOUT = """\
Instants are RFC 3339 in UTC. Every answer has an `X-Request-Id`. Errors are
`application/problem+json` (RFC 9457); their stable `code`s are explained under `/problems`.
Lists are paged by opaque cursors. Unknown fields and parameters are refused.
"""

Routes = list[tuple[CMSRouter, CMSRoute]]


def may_answer(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the `responses` of a route that may answer with these problems too."""
    return {status: {"content": {MEDIA_TYPE: {}}} for status in statuses}


def describe(routers: Iterable[tuple[str, CMSRouter]], *, server: str) -> dict[str, Any]:
    """Return the OpenAPI description of these routers, reached at the URL `server`."""
    routes: Routes = [
        (router, route)
        for _, router in routers
        for route in router.routes
        if isinstance(route, CMSRoute) and route.include_in_schema
    ]
    schema: dict[str, Any] = get_openapi(
        title="CMS",
        version=version("cms-core"),
        description=_ABOUT,
        routes=[route for _, route in routes],
        servers=[{"url": server}],
    )
    for router, route in routes:
        for method in route.methods or ():
            operation = schema["paths"][route.path_format][method.lower()]
            _complete(operation, router, route, method)
    _complete_components(schema)
    return schema


def _complete(operation: dict[str, Any], router: CMSRouter, route: CMSRoute, method: str) -> None:
    if (parameters := [*_parameters(route, method)]) or "parameters" in operation:
        operation["parameters"] = [*operation.get("parameters", ()), *parameters]
    names = {each["name"] for each in operation.get("parameters", ())}
    answers = operation["responses"]
    for status, answer in answers.items():
        if headers := headers_of(route, method, status, is_list="cursor" in names):
            answer.setdefault("headers", {}).update(headers)
    if method == "GET" and "200" in answers:
        answers["304"] = {"description": "What the client has is still current."}
    declared = {status for status, answer in answers.items() if MEDIA_TYPE in _content(answer)}
    for status in declared | {str(each) for each in _statuses(route, method)}:
        answers[status] = {"$ref": f"#/components/responses/Problem{status}"}
    operation["responses"] = dict(sorted(answers.items()))
    operation["security"] = [{"bearer": []}] if route.door is Door.AUTHORING else []
    operation["x-door"] = route.door.value
    if route.permissions:
        operation["x-permissions"] = sorted(route.permissions)
    _complete_texts(operation, router, route)


def _complete_texts(operation: dict[str, Any], router: CMSRouter, route: CMSRoute) -> None:
    description: str = operation.get("description", "").strip()
    if description and not route.summary:
        # A docstring's first clause says it better than the function's name.
        summary = re.split(r"[;:.(]", description, maxsplit=1)[0].strip()
        operation["summary"] = summary.replace("`", "")
        description = "" if description == f"{summary}." else description
    operation["description"] = "\n\n".join(
        filter(None, [description.strip(), *_notes(router, route)])
    )


def _content(answer: dict[str, Any]) -> dict[str, Any]:
    content: dict[str, Any] = answer.get("content", {})
    return content


def _statuses(route: CMSRoute, method: str) -> Iterator[int]:
    """The problems that a route may answer with, by what it is and does."""
    yield from (400, 414, 422, 431, 503)
    if route.door is Door.AUTHORING:
        yield from (401, 403)
        if method in _UNSAFE:
            yield 409
    if route.door is Door.OPEN:
        yield 429
    if route.param_convertors:
        yield 404
    if precondition_of in route.calls:
        yield from (412, 428)
    if route.body_field is not None or route.streamed_body is not None:
        yield from (413, 415)


def _parameters(route: CMSRoute, method: str) -> Iterator[dict[str, Any]]:
    if method == "GET":
        yield PARAMETERS["If-None-Match"]
    if method == "POST" and route.idempotent:
        yield PARAMETERS["Idempotency-Key"]


def _notes(router: CMSRouter, route: CMSRoute) -> Iterator[str]:
    if route.permissions:
        yield "Needs " + ", ".join(f"`{key}`" for key in sorted(route.permissions)) + "."
    if isinstance(router, OpenRouter):
        yield f"Open to anybody: {router.reason}"


def _complete_components(schema: dict[str, Any]) -> None:
    components = schema.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    problem = Problem.model_json_schema(ref_template=_REFERENCE)
    schemas |= problem.pop("$defs") | {"Problem": problem}
    components["schemas"] = dict(sorted(schemas.items()))
    components["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer"}}
    used = {
        int(status)
        for path in schema["paths"].values()
        for operation in path.values()
        for status, answer in operation["responses"].items()
        if "$ref" in answer
    }
    components["responses"] = {f"Problem{status}": _problem(status) for status in sorted(used)}


def _problem(status: int) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "description": phrases.get(status, "Error"),
        "content": {MEDIA_TYPE: {"schema": {"$ref": _REFERENCE.format(model="Problem")}}},
    }
    if headers := headers_of_problem(status):
        answer["headers"] = headers
    return answer

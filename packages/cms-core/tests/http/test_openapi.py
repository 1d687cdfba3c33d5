from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import pytest
from fastapi import Depends, Request, Response
from pydantic import BaseModel

from cms_core.api import create_api
from cms_core.app import build_cms
from cms_core.hookspecs import hookimpl
from cms_core.http.conditional import IfMatch
from cms_core.http.fields import Sparse
from cms_core.http.guards import requires
from cms_core.http.listing import Listing, listing
from cms_core.http.openapi import may_answer
from cms_core.http.pagination import Page
from cms_core.http.routers import AdminRouter, CMSRouter, DeliveryRouter, OpenRouter
from cms_core.http.sessions import Transaction
from cms_core.http.streaming import streamed
from cms_core.security import Permission, Principal
from cms_core.settings import Settings
from cms_core.testing.plugins import plugins_of


class Toy(Sparse):
    id: UUID
    name: str


class NewToy(BaseModel):
    name: str


Maker = Annotated[Principal, requires("toys:make")]
ToyListing = Annotated[Listing, Depends(listing(Toy, {}, "name"))]


class Toys:
    @staticmethod
    @hookimpl
    def register_permissions() -> list[Permission]:
        return [Permission("toys:make", "Make toys")]

    @staticmethod
    @hookimpl
    def register_routers() -> list[CMSRouter]:
        return [_delivery(), _authoring(), _open()]


def _delivery() -> CMSRouter:
    router = DeliveryRouter("/toys")

    @router.get("", response_model=Page[Toy])
    async def list_toys(toys: ToyListing) -> None:
        """List all toys, the oldest first; `fields` names what is wanted."""

    @router.get("/{id}")
    async def read_toy(id: UUID) -> Toy:
        raise NotImplementedError

    return router


def _authoring() -> CMSRouter:
    router = AdminRouter("/toys")

    @router.post("", status_code=201)
    async def create_toy(toy: NewToy, session: Transaction, by: Maker) -> Toy:
        """Make a toy."""
        raise NotImplementedError

    @router.patch("/{id}", responses=may_answer(429))
    async def edit_toy(id: UUID, toy: NewToy, if_match: IfMatch, by: Maker) -> Toy:
        raise NotImplementedError

    @router.put("/{id}/picture", status_code=204)
    @streamed(max_body=1000)
    async def put_picture(id: UUID, request: Request, by: Maker) -> Response:
        raise NotImplementedError

    return router


def _open() -> CMSRouter:
    router = OpenRouter("/toys", reason="children have no accounts.")

    @router.post("/{id}/wishes", status_code=204)
    async def wish(id: UUID) -> None: ...

    return router


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    """The OpenAPI description of a CMS with toys."""
    settings = Settings(public_url="https://toys.example")
    return create_api(build_cms(settings, plugins_of([Toys]))).openapi()


def operation(schema: dict[str, Any], method: str, path: str) -> dict[str, Any]:
    found: dict[str, Any] = schema["paths"][path][method]
    return found


def statuses(schema: dict[str, Any], method: str, path: str) -> set[int]:
    return {int(status) for status in operation(schema, method, path)["responses"]}


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("get", "/api/v1/toys", {200, 304}),
        ("get", "/api/v1/toys/{id}", {200, 304, 404}),
        ("post", "/api/v1/admin/toys", {201, 401, 403, 409, 413, 415}),
        (
            "patch",
            "/api/v1/admin/toys/{id}",
            {200, 401, 403, 404, 409, 412, 413, 415, 428, 429},
        ),
        (
            "put",
            "/api/v1/admin/toys/{id}/picture",
            {204, 401, 403, 404, 409, 413, 415},
        ),
        ("post", "/api/v1/toys/{id}/wishes", {204, 404, 429}),
    ],
)
def test_each_operation_documents_what_it_may_answer(
    schema: dict[str, Any], method: str, path: str, expected: set[int]
) -> None:
    of_every_request = {400, 414, 422, 431, 503}
    assert statuses(schema, method, path) == expected | of_every_request


def test_every_problem_has_the_one_schema(schema: dict[str, Any]) -> None:
    for name, answer in schema["components"]["responses"].items():
        content = answer["content"]["application/problem+json"]
        assert content["schema"] == {"$ref": "#/components/schemas/Problem"}, name
    assert "Retry-After" in schema["components"]["responses"]["Problem503"]["headers"]
    assert "HTTPValidationError" not in schema["components"]["schemas"]
    assert {"Problem", "FieldProblem", "Toy"} <= schema["components"]["schemas"].keys()


def test_every_reference_leads_somewhere(schema: dict[str, Any]) -> None:
    def references(node: Any) -> set[str]:
        if isinstance(node, list):
            return set().union(*map(references, node))
        if not isinstance(node, dict):
            return set()
        own = {node["$ref"]} if isinstance(node.get("$ref"), str) else set()
        return own.union(*map(references, node.values()))

    for reference in references(schema):
        place: Any = schema
        for part in reference.removeprefix("#/").split("/"):
            place = place[part]


def test_operations_have_pretty_names_that_differ(schema: dict[str, Any]) -> None:
    names = [each["operationId"] for path in schema["paths"].values() for each in path.values()]
    assert len(names) == len(set(names))
    assert {
        "toys_list",
        "toys_read",
        "admin_toys_create",
        "admin_toys_edit",
        "admin_toys_picture_put",
        "toys_wishes",
    } == set(names) - {name for name in names if "toys" not in name}


def test_authoring_asks_for_a_token_and_names_its_permission(schema: dict[str, Any]) -> None:
    create = operation(schema, "post", "/api/v1/admin/toys")
    assert create["security"] == [{"bearer": []}]
    assert create["x-permissions"] == ["toys:make"]
    assert (create["summary"], create["description"]) == ("Make a toy", "Needs `toys:make`.")
    assert schema["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"
    assert operation(schema, "get", "/api/v1/toys")["security"] == []


def test_the_summary_is_the_first_clause_of_the_docstring(schema: dict[str, Any]) -> None:
    listed = operation(schema, "get", "/api/v1/toys")
    assert listed["summary"] == "List all toys, the oldest first"
    assert listed["description"].startswith("List all toys, the oldest first; `fields`")
    assert operation(schema, "get", "/api/v1/toys/{id}")["summary"] == "Read Toy"


def test_an_open_route_says_why_it_is_open(schema: dict[str, Any]) -> None:
    wish = operation(schema, "post", "/api/v1/toys/{id}/wishes")
    assert wish["description"] == "Open to anybody: children have no accounts."


def test_headers_are_documented(schema: dict[str, Any]) -> None:
    listed = operation(schema, "get", "/api/v1/toys")
    created = operation(schema, "post", "/api/v1/admin/toys")
    edited = operation(schema, "patch", "/api/v1/admin/toys/{id}")
    assert listed["responses"]["200"]["headers"].keys() == {"ETag", "Link"}
    assert {"ETag", "Location", "Idempotency-Replayed"} <= created["responses"]["201"][
        "headers"
    ].keys()

    def sent(operation: dict[str, Any]) -> set[str]:
        return {each["name"] for each in operation["parameters"] if each["in"] == "header"}

    assert sent(listed) == {"If-None-Match"}
    assert sent(created) == {"Idempotency-Key"}
    assert sent(edited) == {"If-Match"}


def test_the_server_is_the_public_one(schema: dict[str, Any]) -> None:
    assert schema["servers"] == [{"url": "https://toys.example"}]


def test_items_of_lists_may_lack_fields(schema: dict[str, Any]) -> None:
    assert "required" not in schema["components"]["schemas"]["Toy"]

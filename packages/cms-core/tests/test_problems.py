from __future__ import annotations

from typing import Literal

import pytest
from fastapi import Response
from httpx2 import AsyncClient
from pydantic import BaseModel, ConfigDict, field_validator
from starlette.exceptions import HTTPException

from cms_core.errors import (
    CMSError,
    Conflict,
    FieldError,
    Forbidden,
    Invalid,
    PreconditionFailed,
    Quota,
    TooManyRequests,
    Unauthenticated,
    Unavailable,
)
from cms_core.hookspecs import hookimpl
from cms_core.http.routers import OpenRouter
from cms_core.problems import FRAMEWORK, catalog

JSON = {"Content-Type": "application/json"}


class ShelfFull(Conflict):
    """The shelf is full.

    Take a book off it, or choose another shelf.
    """


RAISED: dict[str, Exception] = {
    "shelf-full": ShelfFull(),
    "forbidden": Forbidden(),
    "unauthenticated": Unauthenticated("The session has ended."),
    "precondition-failed": PreconditionFailed(etag='"7"'),
    "unavailable": Unavailable(retry_after=2.1),
    "too-many-requests": TooManyRequests(
        retry_after=30, quota=Quota("login", 5, 60.0, remaining=0, reset=30.0)
    ),
    "invalid": Invalid(errors=[FieldError("/title", "too short")]),
    "internal-error": ZeroDivisionError(),
    "not-found": HTTPException(404, detail="s3cret"),
    "i'm-a-teapot": HTTPException(418, detail="s3cret"),
}


class Short(BaseModel):
    model_config = ConfigDict(extra="forbid")
    kind: Literal["short"]


class Long(BaseModel):
    model_config = ConfigDict(extra="forbid")
    kind: Literal["long"]
    words: int


class Text(BaseModel):
    model_config = ConfigDict(extra="forbid")
    title: str
    tags: list[int] = []
    part: Short | Long | None = None

    @field_validator("title")
    @classmethod
    def _no_shouting(cls, title: str) -> str:
        if title.isupper():
            raise ValueError("must not shout")
        return title


class Desk:
    @staticmethod
    @hookimpl
    def register_routers() -> list[OpenRouter]:
        router = OpenRouter("/desk", reason="a test")

        @router.get("/raise")
        async def fail(code: str) -> None:
            raise RAISED[code]

        @router.post("/texts/{number}")
        async def write(text: Text, number: int, limit: int = 1) -> Response:
            return Response(status_code=204)

        return [router]


@pytest.fixture
def cms_plugins() -> list[object]:
    return [Desk]


@pytest.fixture(params=["sqlite"])
def cms_engine(request: pytest.FixtureRequest) -> str:
    """No answer here depends on the database."""
    engine: str = request.param
    return engine


@pytest.mark.parametrize(
    ("code", "status", "headers"),
    [
        ("shelf-full", 409, {}),
        ("forbidden", 403, {}),
        ("unauthenticated", 401, {"www-authenticate": "Bearer"}),
        ("precondition-failed", 412, {"etag": '"7"'}),
        ("unavailable", 503, {"retry-after": "3"}),
        ("internal-error", 500, {}),
        ("not-found", 404, {}),
        ("i'm-a-teapot", 418, {}),
        (
            "too-many-requests",
            429,
            {
                "retry-after": "30",
                "ratelimit": '"login";r=0;t=30',
                "ratelimit-policy": '"login";q=5;w=60',
            },
        ),
    ],
)
async def test_every_error_is_a_problem(
    cms_client: AsyncClient, code: str, status: int, headers: dict[str, str]
) -> None:
    answer = await cms_client.get("/api/v1/desk/raise", params={"code": code})
    problem = answer.json()
    assert answer.status_code == problem["status"] == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    assert problem["code"] == code
    assert problem["type"] == f"http://test/problems/{code}"
    assert problem["request_id"] == answer.headers["x-request-id"]
    assert {"title", "detail"} <= problem.keys()
    assert "s3cret" not in answer.text
    assert headers.items() <= dict(answer.headers).items()


async def test_the_title_is_the_same_and_the_detail_is_of_this_occurrence(
    cms_client: AsyncClient,
) -> None:
    answer = await cms_client.get("/api/v1/desk/raise?code=unauthenticated")
    assert answer.json()["title"] == "Sign in first."
    assert answer.json()["detail"] == "The session has ended."


async def test_faults_that_the_domain_finds_are_listed(cms_client: AsyncClient) -> None:
    answer = await cms_client.get("/api/v1/desk/raise?code=invalid")
    assert answer.json()["errors"] == [{"pointer": "/title", "message": "too short"}]


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({}, ["/title"]),
        ({"title": 1}, ["/title"]),
        ({"title": "s3cret", "extra/~": 1}, ["/extra~1~0"]),
        ({"title": "s3cret", "tags": [1, "s3cret", 3, {}]}, ["/tags/1", "/tags/3"]),
        ({"title": "s3cret", "part": {"kind": "long"}}, ["/part/kind", "/part/words"]),
        ([], [""]),
        ("s3cret", [""]),
    ],
)
async def test_pointers_lead_into_the_body_that_was_sent(
    cms_client: AsyncClient, body: object, pointers: list[str]
) -> None:
    answer = await cms_client.post("/api/v1/desk/texts/1", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert [error["pointer"] for error in answer.json()["errors"]] == pointers
    assert "s3cret" not in answer.text


async def test_a_missing_body_is_pointed_out(cms_client: AsyncClient) -> None:
    answer = await cms_client.post("/api/v1/desk/texts/1", headers=JSON)
    assert answer.json()["errors"] == [{"pointer": "", "message": "Field required"}]


async def test_parameters_are_called_by_their_names(cms_client: AsyncClient) -> None:
    answer = await cms_client.post("/api/v1/desk/texts/s3cret?limit=s3cret", json={"title": "x"})
    assert [error["pointer"] for error in answer.json()["errors"]] == ["number", "limit"]
    assert "s3cret" not in answer.text


async def test_what_a_validator_says_is_the_message(cms_client: AsyncClient) -> None:
    answer = await cms_client.post("/api/v1/desk/texts/1", json={"title": "LOUD"})
    assert answer.json()["errors"] == [{"pointer": "/title", "message": "must not shout"}]


async def test_many_faults_are_told_in_part(cms_client: AsyncClient) -> None:
    body = {"title": "x", "tags": ["x"] * 5000}
    answer = await cms_client.post("/api/v1/desk/texts/1", json=body)
    assert len(answer.json()["errors"]) == 20


async def test_malformed_json_is_400(cms_client: AsyncClient) -> None:
    answer = await cms_client.post("/api/v1/desk/texts/1", content=b'{"s3cret', headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed-json")
    assert "s3cret" not in answer.text


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "application/jsonp"},
        {},
        {**JSON, "Content-Encoding": "gzip"},
    ],
)
async def test_another_kind_of_body_is_415(
    cms_client: AsyncClient, headers: dict[str, str]
) -> None:
    answer = await cms_client.post("/api/v1/desk/texts/1", content=b"{}", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported-media-type")


def test_the_catalog_knows_every_code_that_an_answer_may_have() -> None:
    kinds = catalog()
    assert {code for code, _ in FRAMEWORK.values()} <= kinds.keys()
    shelf = kinds["shelf-full"]
    assert (shelf.status, shelf.title) == (409, "The shelf is full.")
    assert shelf.explanation.strip() == "Take a book off it, or choose another shelf."
    assert list(kinds) == sorted(kinds)


def test_errors_of_commands_are_not_in_the_catalog() -> None:
    class DiskMissing(CMSError):
        """No disk."""

    assert DiskMissing.code not in catalog()

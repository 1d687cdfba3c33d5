"""A plugin with one route behind each door, and routes that misbehave."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

import pytest
from fastapi import Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel
from sqlalchemy import text

from cms_core.errors import Forbidden
from cms_core.hookspecs import hookimpl
from cms_core.http.guards import requires
from cms_core.http.routers import (
    AdminRouter,
    CMSRouter,
    DeliveryRouter,
    OpenRouter,
    RootRouter,
)
from cms_core.http.sessions import Snapshot, Transaction
from cms_core.http.streaming import streamed
from cms_core.security import Permission, Principal


class Note(BaseModel):
    text: str


class Probe:
    @staticmethod
    @hookimpl
    def register_permissions() -> list[Permission]:
        return [Permission("probe:write", "Write")]

    @staticmethod
    @hookimpl
    def register_routers() -> list[CMSRouter]:
        return [_delivery(), _admin(), _open(), _root()]


def _delivery() -> DeliveryRouter:
    router = DeliveryRouter("/probe")

    @router.get("")
    async def read(session: Snapshot) -> dict[str, str]:
        await session.now()
        return {"text": "hello"}

    @router.get("/items/{name}")
    async def read_item(name: str) -> dict[str, str]:
        return {"name": name}

    @router.get("/failing")
    async def fail() -> None:
        raise ZeroDivisionError("the secret is s3cret")

    @router.get("/slow")
    async def wait(session: Snapshot) -> None:
        await session.execute(text("SELECT 1"))
        await asyncio.sleep(60)

    @router.get("/stream")
    async def stream() -> Response:
        async def chunks() -> AsyncIterator[bytes]:
            yield b"begun"
            raise ZeroDivisionError

        return StreamingResponse(chunks(), media_type="text/plain")

    return router


def _admin() -> AdminRouter:
    router = AdminRouter("/probe")

    @router.post("")
    async def write(
        note: Note, session: Transaction, by: Annotated[Principal, requires("probe:write")]
    ) -> dict[str, str]:
        await session.now()
        return {"text": note.text}

    @router.post("/uploads")
    @streamed(max_body=5000)
    async def upload(
        request: Request, by: Annotated[Principal, requires("probe:write")]
    ) -> dict[str, int]:
        return {"size": sum([len(chunk) async for chunk in request.stream()])}

    for method in ("GET", "PATCH", "PUT", "DELETE"):

        @router.api_route("/things/{name}", methods=[method], operation_id=f"probe_{method}")
        async def handle(name: str, by: Annotated[Principal, requires("probe:write")]) -> str:
            return name

    return router


def _open() -> OpenRouter:
    router = OpenRouter("/probe", reason="tests have no account")

    @router.post("")
    async def sign(note: Note) -> dict[str, str]:
        return {"text": note.text}

    @router.get("/tokens/{token}")
    async def look(token: str) -> None:
        raise Forbidden

    return router


def _root() -> RootRouter:
    router = RootRouter("/probe")

    @router.get("")
    async def read_root() -> dict[str, str]:
        return {"text": "root"}

    return router


@pytest.fixture
def cms_plugins() -> list[object]:
    return [Probe]

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Annotated, Any

import pytest
from httpx2 import AsyncClient, Response
from pydantic import BaseModel
from sqlalchemy import Column, Integer, MetaData, String, Table, func, insert, select, update

from cms_core.app import CMS
from cms_core.db import engines
from cms_core.db.clock import db_now
from cms_core.errors import Conflict
from cms_core.hookspecs import hookimpl
from cms_core.http.guards import requires
from cms_core.http.idempotency import KEPT, IdempotencyRow, shown_once
from cms_core.http.routers import AdminRouter
from cms_core.http.sessions import Transaction
from cms_core.security import Permission, Principal

Login = Callable[..., dict[str, str]]
Send = Callable[..., Any]

metadata = MetaData()
notes = Table("notes", metadata, Column("id", Integer, primary_key=True), Column("text", String))
NOTES = "/api/v1/admin/notes"
Writer = Annotated[Principal, requires("notes:write")]


class Note(BaseModel):
    text: str
    seconds: float = 0.0


class NoteRefused(Conflict):
    """No."""


class Notes:
    @staticmethod
    @hookimpl
    def register_permissions() -> list[Permission]:
        return [Permission("notes:write", "Write")]

    @staticmethod
    @hookimpl
    def register_routers() -> list[AdminRouter]:
        router = AdminRouter("/notes")

        @router.post("", status_code=201)
        async def write(note: Note, session: Transaction, by: Writer) -> dict[str, Any]:
            await asyncio.sleep(note.seconds)
            if note.text == "refused":
                raise NoteRefused
            row = await session.execute(insert(notes).values(text=note.text).returning(notes.c.id))
            return {"id": row.scalar_one(), "text": note.text}

        @router.post("/secrets")
        @shown_once
        async def make_secret(session: Transaction, by: Writer) -> dict[str, str]:
            await session.execute(insert(notes).values(text="token"))
            return {"secret": "s3cret"}

        return [router]


@pytest.fixture
def cms_plugins() -> list[object]:
    return [Notes]


@pytest.fixture
async def send(cms_app: CMS, cms_client: AsyncClient, cms_login: Login) -> Send:
    """``await send("key", text=…)`` posts a note as somebody."""
    async with cms_app.db.writer.begin() as connection:
        await connection.run_sync(metadata.create_all)
    headers = cms_login()

    async def send(key: str, path: str = "", *, by: Any = None, **note: Any) -> Response:
        more = {**(by or headers), "Idempotency-Key": key}
        return await cms_client.post(NOTES + path, json=note or None, headers=more)

    return send


async def written(cms: CMS) -> int:
    async with cms.db.snapshot() as session:
        return (await session.execute(select(func.count()).select_from(notes))).scalar_one()


async def test_a_request_sent_again_has_one_effect_and_one_answer(cms_app: CMS, send: Send) -> None:
    first, again = await send("k1", text="a"), await send("k1", text="a")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert again.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers
    assert await written(cms_app) == 1


async def test_concurrent_twins_wait_for_the_first(cms_app: CMS, send: Send) -> None:
    answers = await asyncio.gather(*(send("k1", text="a", seconds=0.2) for _ in range(4)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert await written(cms_app) == 1


async def test_the_same_key_with_another_body_is_422(cms_app: CMS, send: Send) -> None:
    await send("k1", text="a")
    answer = await send("k1", text="b")
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency-key-reused")
    assert await written(cms_app) == 1


async def test_keys_belong_to_those_who_chose_them(
    cms_app: CMS, send: Send, cms_login: Login
) -> None:
    await send("k1", text="a")
    other = await send("k1", text="a", by=cms_login(name="Ada"))
    assert "idempotency-replayed" not in other.headers
    assert await written(cms_app) == 2


async def test_a_refusal_is_not_kept(cms_app: CMS, send: Send) -> None:
    assert (await send("k1", text="refused")).status_code == 409
    assert (await send("k1", text="a")).status_code == 201


async def test_a_secret_is_shown_once(cms_app: CMS, send: Send) -> None:
    first, again = await send("k1", "/secrets"), await send("k1", "/secrets")
    assert first.json() == {"secret": "s3cret"}
    assert (again.status_code, again.json()["code"]) == (409, "already-created")
    async with cms_app.db.snapshot() as session:
        assert (await session.scalars(select(IdempotencyRow.body))).all() == [None]


async def test_a_key_is_forgotten_after_its_time(cms_app: CMS, send: Send) -> None:
    await send("k1", text="a")
    async with cms_app.db.transaction() as session:
        now = (await session.execute(select(db_now()))).scalar_one()
        await session.execute(update(IdempotencyRow).values(created_at=now - KEPT * 1.01))
    assert "idempotency-replayed" not in (await send("k1", text="b")).headers
    assert await written(cms_app) == 2


@pytest.mark.parametrize("key", ["", "a b", "ä", "a" * 256])
async def test_a_key_that_is_none_is_400(send: Send, key: str) -> None:
    answer = await send(key.encode(), text="a")
    assert (answer.status_code, answer.json()["code"]) == (400, "bad-idempotency-key")


async def test_who_waits_for_its_twin_in_vain_is_told_so(
    cms_app: CMS, send: Send, cms_engine: str
) -> None:
    longest = {"sqlite": engines.SQLITE_WRITER_WAIT, "postgres": engines.LOCK_TIMEOUT}[cms_engine]
    first = asyncio.create_task(send("k1", text="a", seconds=longest + 1))
    await asyncio.sleep(0.5)
    twin = await send("k1", text="a", seconds=longest + 1)
    assert (twin.status_code, twin.json()["code"]) == (409, "first-still-running")
    assert (await first).status_code == 201
    assert await written(cms_app) == 1

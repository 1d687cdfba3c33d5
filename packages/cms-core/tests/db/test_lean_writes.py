import asyncio
from typing import cast
from uuid import uuid4

import pytest
from sqlalchemy import Table, bindparam, delete, insert, select, text
from sqlalchemy.exc import IntegrityError

from cms_core import CMS, Read, Transaction, Write, among
from cms_core.db.generations import Generation

GENERATIONS = cast(Table, Generation.__table__)
INSERT = Write(insert(GENERATIONS), ("scope", "gen"))
REMOVE = Write(delete(GENERATIONS).where(GENERATIONS.c.scope == bindparam("gone")))
SOME = Read(select(GENERATIONS.c.scope).where(among(GENERATIONS.c.scope, "wanted")))


def rows(*scopes: str) -> list[dict[str, object]]:
    return [{"scope": scope, "gen": uuid4()} for scope in scopes]


async def begin(session: Transaction) -> None:
    """SQLAlchemy begins the transaction with its first statement; the others may be lean."""
    await session.now()


async def stored(cms: CMS, *wanted: str) -> set[str]:
    async with cms.db.snapshot() as session:
        return {row.scope for row in await session.fetch(SOME, wanted=wanted)}


async def test_each_row_is_written(cms_app: CMS) -> None:
    async with cms_app.db.transaction() as session:
        await session.write(INSERT)
        await session.write(INSERT, *rows("first"))
        await session.write(INSERT, *rows("a", "b", "c"))
        await session.write(REMOVE, {"gone": "c"})
        assert {row.scope for row in await session.fetch(SOME, wanted=["a", "c"])} == {"a"}

    assert await stored(cms_app, "first", "a", "b", "c") == {"first", "a", "b"}


async def test_a_transaction_that_fails_takes_back_what_was_written(cms_app: CMS) -> None:
    async def work(session: Transaction) -> None:
        await session.write(INSERT, *rows("a"))
        await session.write(INSERT, *rows("b", "c"))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await cms_app.db.run(work)

    assert await stored(cms_app, "a", "b", "c") == set()


async def test_a_broken_rule_is_told_as_sqlalchemy_tells_it(cms_app: CMS) -> None:
    async def work(session: Transaction) -> None:
        await begin(session)
        await session.write(INSERT, *rows("a", "a"))

    with pytest.raises(IntegrityError):
        await cms_app.db.run(work)

    assert await stored(cms_app, "a") == set()


async def test_a_savepoint_takes_back_what_was_written_in_it(cms_app: CMS) -> None:
    async with cms_app.db.transaction() as session:
        await session.write(INSERT, *rows("before"))

        async def fail() -> None:
            await session.write(INSERT, *rows("inside"))
            await session.write(INSERT, *rows("before"))

        assert isinstance(await session.attempt(fail), IntegrityError)
        await session.write(INSERT, *rows("after"))

    assert await stored(cms_app, "before", "inside", "after") == {"before", "after"}


@pytest.mark.parametrize("cms_engine", ["postgres"])
async def test_a_cancelled_write_leaves_no_transaction_behind(cms_app: CMS) -> None:
    async def wait() -> None:
        async with cms_app.db.transaction() as session:
            await begin(session)
            await session.write(INSERT, *rows("a"))

    async with cms_app.db.transaction() as session:
        await session.write(INSERT, *rows("a"))
        waiting = asyncio.create_task(wait())
        await asyncio.sleep(0.2)
        assert not waiting.done()
        waiting.cancel()
        await asyncio.wait([waiting])
        assert waiting.cancelled()

    assert cms_app.db.in_use == 0
    async with cms_app.db.transaction(lock_wait=1) as session:
        await session.write(REMOVE, {"gone": "a"})


@pytest.mark.parametrize("cms_engine", ["postgres"])
async def test_a_lost_connection_is_met_once(cms_app: CMS) -> None:
    runs = 0

    async def work(session: Transaction) -> None:
        nonlocal runs
        runs += 1
        await begin(session)
        if runs == 1:
            pid = (await session.execute(text("SELECT pg_backend_pid()"))).scalar_one()
            async with cms_app.db.transaction() as other:
                await other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
        await session.write(INSERT, *rows("a"))

    await cms_app.db.run(work)

    assert runs == 2
    assert await stored(cms_app, "a") == {"a"}

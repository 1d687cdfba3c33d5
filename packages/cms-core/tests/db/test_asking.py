import asyncio
from decimal import Decimal

import pytest
from sqlalchemy import Float, Numeric, bindparam, cast, func, literal, null, select, text

from cms_core import CMS, Read, Unavailable, db_now
from cms_core.db.database import Database

ECHO = Read(select(bindparam("word", type_=literal("").type).label("said"), db_now().label("now")))
NUMBERS = Read(
    select(
        cast(0.5, Float).label("half"),
        cast(1.25, Numeric(5, 2)).label("price"),
        cast(null(), Float).label("none"),
    )
)
WAIT = Read(select(func.pg_sleep(bindparam("seconds")).label("waited")))


async def test_one_read_is_answered_without_a_session(cms_app: CMS) -> None:
    (row,) = await cms_app.db.ask(ECHO, word="yes")

    assert row.said == "yes"
    assert row.now.tzinfo is not None
    assert cms_app.db.in_use == 0


async def test_a_missing_parameter_takes_no_connection(cms_app: CMS) -> None:
    for _ in range(30):
        with pytest.raises(Exception, match="word"):
            await cms_app.db.ask(ECHO)

    assert cms_app.db.in_use == 0


@pytest.mark.parametrize("cms_engine", ["postgres"])
async def test_a_connection_that_was_ended_meanwhile_is_replaced(cms_app: CMS) -> None:
    await cms_app.db.ask(ECHO, word="first")
    async with cms_app.db.transaction() as session:
        others = "datname = current_database() AND pid <> pg_backend_pid()"
        await session.execute(
            text(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}")
        )

    assert [row.said for row in await cms_app.db.ask(ECHO, word="second")] == ["second"]


@pytest.mark.parametrize("cms_engine", ["postgres"])
async def test_who_gives_up_asking_leaves_no_connection_behind(cms_app: CMS) -> None:
    waiting = asyncio.create_task(cms_app.db.ask(WAIT, seconds=4))
    await asyncio.sleep(0.2)
    waiting.cancel()
    await asyncio.wait([waiting])

    assert waiting.cancelled()
    assert cms_app.db.in_use == 0
    assert len(await cms_app.db.ask(ECHO, word="again")) == 1


@pytest.mark.parametrize("cms_engine", ["postgres"])
async def test_a_statement_that_takes_too_long_is_an_outage(cms_app: CMS) -> None:
    with pytest.raises(Unavailable):
        await cms_app.db.ask(WAIT, seconds=60)


async def test_numbers_come_as_python_has_them(cms_app: CMS) -> None:
    (row,) = await cms_app.db.ask(NUMBERS)

    assert (row.half, row.price, row.none) == (0.5, Decimal("1.25"), None)
    assert (type(row.half), type(row.price)) == (float, Decimal)


async def test_a_connection_that_is_not_made_in_time_is_an_outage() -> None:
    given_up = asyncio.Event()

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.7)
        given_up.set()
        writer.close()

    server = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    database = Database(f"postgresql://cms@127.0.0.1:{port}/cms?ssl=disable", connect_timeout=0.1)

    with pytest.raises(Unavailable):
        await database.ask(ECHO, word="yes")

    assert not given_up.is_set()
    await database.close()
    server.close()
    await given_up.wait()

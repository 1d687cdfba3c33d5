"""How long a transaction waits for what others hold."""

from __future__ import annotations

import asyncio
from time import perf_counter
from typing import Any

import pytest
from sqlalchemy import text, update

from cms_core.app import CMS
from cms_core.db.faults import is_lock_timeout
from cms_core.db.instance import Instance
from cms_core.db.session import TransactionSession
from cms_core.errors import Unavailable


async def change(session: TransactionSession) -> None:
    await session.execute(update(Instance).values(number=1))


async def test_a_transaction_waits_no_longer_than_it_wants_to(cms_app: CMS, neighbour: CMS) -> None:
    async with neighbour.db.transaction() as session:
        await change(session)
        began = perf_counter()
        with pytest.raises(Unavailable):
            await cms_app.db.run(change, lock_wait=0.3)
        assert 0.25 < perf_counter() - began < 1


async def test_a_lock_that_is_freed_in_time_is_had(cms_app: CMS, neighbour: CMS) -> None:
    async with neighbour.db.transaction() as session:
        await change(session)
        waiting = asyncio.create_task(cms_app.db.run(change, lock_wait=2))
        await asyncio.sleep(0.2)
        assert not waiting.done()
    await waiting


async def test_the_next_transaction_waits_as_long_as_ever(cms_app: CMS, neighbour: CMS) -> None:
    await cms_app.db.run(change, lock_wait=0.1)
    async with neighbour.db.transaction() as session:
        await change(session)
        with pytest.raises(Unavailable):
            await cms_app.db.run(change, lock_wait=0.1)
        waiting = asyncio.create_task(cms_app.db.run(change))
        await asyncio.sleep(0.5)
        assert not waiting.done()
    await waiting


async def test_waiting_for_others_of_the_same_process_counts(cms_app: CMS) -> None:
    async with cms_app.db.transaction() as session:
        await change(session)
        began = perf_counter()
        with pytest.raises(Unavailable):
            await cms_app.db.run(change, lock_wait=0.3)
        assert 0.25 < perf_counter() - began < 1


async def test_who_gives_up_waiting_holds_up_nobody(cms_app: CMS) -> None:
    async with cms_app.db.transaction() as session:
        await change(session)
        leaving = [asyncio.create_task(cms_app.db.run(change)) for _ in range(3)]
        await asyncio.sleep(0.1)
        for task in leaving:
            task.cancel()
        await asyncio.wait(leaving)
    began = perf_counter()
    await cms_app.db.run(change)
    assert perf_counter() - began < 1


@pytest.mark.parametrize("cms_engine", ["postgres"])
@pytest.mark.parametrize("lock_wait", [None, 0.2])
async def test_an_attempt_survives_a_lock_only_where_nobody_waits_for_the_transaction(
    cms_app: CMS, neighbour: CMS, lock_wait: float | None
) -> None:
    async def work(session: TransactionSession) -> Exception | None:
        return await session.attempt(lambda: change(session))

    async with neighbour.db.transaction() as session:
        await change(session)
        if lock_wait:
            with pytest.raises(Unavailable):
                await cms_app.db.run(work, lock_wait=lock_wait)
        else:
            failure = await cms_app.db.run(work)
            assert failure is not None
            assert is_lock_timeout(failure)


@pytest.mark.parametrize("cms_engine", ["sqlite"])
async def test_usual_transactions_set_no_timeout(cms_app: CMS, cms_query_count: Any) -> None:
    with cms_query_count() as statements:
        await cms_app.db.run(change)
        await cms_app.db.run(change, lock_wait=1)
        await cms_app.db.run(change)
        await cms_app.db.run(change)
    pragmas = [each for each in statements if each.startswith("PRAGMA")]
    assert len(pragmas) == 2
    async with cms_app.db.writer.connect() as connection:
        assert (await connection.execute(text("PRAGMA busy_timeout"))).scalar_one() == 5000

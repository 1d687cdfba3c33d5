"""Readers see what is due, whether a worker has done it or not."""

import asyncio
from time import perf_counter
from typing import Any

import pytest
from httpx2 import AsyncClient
from sqlalchemy import text

from cms_core.app import CMS, build_cms


async def test_what_is_due_happens_before_the_answer(farm: Any, cms_client: AsyncClient) -> None:
    await farm.lay(-1, 0, 3600)
    answer = await cms_client.get("/api/v1/hatchery")
    assert answer.json() == 2


async def test_it_happens_at_its_instant_and_not_before(farm: Any) -> None:
    await farm.lay(0.5)
    assert await farm.read() == (0, True)
    await asyncio.sleep(0.5)
    assert await farm.read() == (1, True)


async def test_while_nothing_is_due_a_reader_pays_for_one_statement(
    farm: Any, hatchery: Any, cms_query_count: Any
) -> None:
    await farm.lay(3600)
    with cms_query_count() as statements:
        async with farm.cms.reading():
            pass
    assert len(statements) == 1
    assert hatchery.runs == 0


async def test_without_such_jobs_a_reader_pays_nothing(cms_app: CMS, cms_query_count: Any) -> None:
    others = [each for each in cms_app.contributions.plugins if each.name != "hatchery"]
    cms = build_cms(cms_app.settings, others)
    with cms_query_count() as statements:
        async with cms.reading() as session:
            assert session.caught_up
    await cms.close()
    assert statements == []


async def test_a_snapshot_of_what_is_committed_claims_no_more(farm: Any, hatchery: Any) -> None:
    await farm.lay(-1)
    async with farm.cms.db.snapshot() as session:
        assert not session.caught_up
    assert hatchery.runs == 0


async def test_a_reader_waits_for_who_is_at_it(farm: Any, lock: Any, hatchery: Any) -> None:
    await farm.lay(-1)
    async with farm.neighbour.db.transaction() as session:
        await lock(session)
        reader = asyncio.create_task(farm.read())
        await asyncio.sleep(0.3)
        assert not reader.done()
        await session.execute(text("UPDATE eggs SET hatched = true"))
    assert await reader == (1, True)


async def test_the_old_state_is_not_shown_while_others_hold_what_is_due(
    farm: Any, lock: Any, cms_client: AsyncClient
) -> None:
    await farm.lay(-1)
    async with farm.neighbour.db.transaction() as session:
        await lock(session)
        began = perf_counter()
        answers = await asyncio.gather(*(cms_client.get("/api/v1/hatchery") for _ in range(5)))
        assert 0.9 < perf_counter() - began < 2.5
        for answer in answers:
            assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
            assert int(answer.headers["retry-after"]) >= 1
        assert await farm.degradation() is None
    assert (await cms_client.get("/api/v1/hatchery")).json() == 1


@pytest.mark.parametrize("cms_engine", ["sqlite"])
async def test_a_reader_does_not_wait_longer_because_others_of_its_process_wait_too(
    farm: Any, lock: Any, cms_client: AsyncClient
) -> None:
    async def write() -> None:
        async with farm.cms.db.transaction() as session:
            await lock(session)

    await farm.lay(-1)
    async with farm.neighbour.db.transaction() as session:
        await lock(session)
        writer = asyncio.create_task(write())
        await asyncio.sleep(0.2)
        began = perf_counter()
        assert (await cms_client.get("/api/v1/hatchery")).status_code == 503
        assert perf_counter() - began < 2
    await writer
    assert (await cms_client.get("/api/v1/hatchery")).json() == 1


async def test_one_catch_up_serves_all_readers(farm: Any, hatchery: Any) -> None:
    hatchery.before = lambda _: asyncio.sleep(0.2)
    await farm.lay(-1)
    assert await asyncio.gather(*(farm.read() for _ in range(20))) == [(1, True)] * 20
    assert hatchery.runs == 1


async def test_a_reader_who_leaves_takes_the_catch_up_from_nobody(farm: Any, hatchery: Any) -> None:
    started = asyncio.Event()

    async def begin(_: Any) -> None:
        started.set()
        await asyncio.sleep(0.2)

    hatchery.before = begin
    await farm.lay(-1)
    first, second = (asyncio.create_task(farm.read()) for _ in range(2))
    await started.wait()
    first.cancel()
    assert await second == (1, True)
    assert first.cancelled()
    assert hatchery.runs == 1


async def test_a_reader_who_joins_late_is_not_put_off_with_what_was_due_earlier(
    farm: Any, hatchery: Any
) -> None:
    committed, go_on = asyncio.Event(), asyncio.Event()

    async def wait() -> None:
        committed.set()
        await go_on.wait()

    hatchery.after = wait
    await farm.lay(-1)
    early = asyncio.create_task(farm.read())
    await committed.wait()
    await farm.lay(0)
    late = asyncio.create_task(farm.read())
    await asyncio.sleep(0.1)
    go_on.set()
    assert (await early)[0] >= 1
    assert await late == (2, True)


async def test_more_than_a_readers_share_is_done_in_parts(farm: Any, hatchery: Any) -> None:
    await farm.lay(*[-1] * 7)
    assert await farm.read() == (5, False)
    assert hatchery.runs == 1
    assert await farm.read() == (7, True)


async def test_a_share_that_is_all_there_was_is_enough(farm: Any) -> None:
    await farm.lay(*[-1] * 5)
    assert await farm.read() == (5, True)


async def test_a_closed_cms_leaves_no_catch_up_behind(farm: Any, hatchery: Any) -> None:
    started = asyncio.Event()

    async def hang(_: Any) -> None:
        started.set()
        await asyncio.Event().wait()

    hatchery.before = hang
    await farm.lay(-1)
    reader = asyncio.create_task(farm.read())
    await started.wait()
    reader.cancel()
    await farm.cms.close()
    hatchery.before = None
    assert await farm.read() == (1, True)

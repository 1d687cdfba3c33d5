"""What is read in one moment is of one moment, with a transaction around it or without."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from uuid import UUID

import pytest
from sqlalchemy import bindparam, select

from cms_core.app import CMS
from cms_core.db.generations import Generation
from cms_core.db.loose import LooseSession
from cms_core.db.reads import Read
from cms_core.db.session import SnapshotSession
from cms_core.moments import UNREST

Statements = Callable[[], AbstractContextManager[list[str]]]

_SELECT = select(Generation.gen).where(Generation.scope == bindparam("scope"))
GEN = Read(_SELECT)
PAIR = ("left", "right")

lean_only = pytest.mark.parametrize("cms_engine", ["postgres"])


async def change(cms: CMS) -> None:
    async with cms.db.transaction() as session:
        session.touch(*PAIR)


async def gens(session: SnapshotSession) -> list[str]:
    rows = [await session.fetch(GEN, scope=scope) for scope in PAIR]
    return [str(row.gen) for (row,) in rows]


async def nothing() -> None:
    pass


async def read_pair(
    cms: CMS,
    between: Callable[[], Awaitable[object]] = nothing,
    after: Callable[[], Awaitable[object]] = nothing,
) -> list[str]:
    """Return the generations of the pair: as two statements read them, and as the moment has them.

    `between` happens between the two statements, `after` after both.
    """

    async def work(session: SnapshotSession) -> list[str]:
        session.depends_on(*PAIR)
        (left,) = await session.fetch(GEN, scope="left")
        await between()
        (right,) = await session.fetch(GEN, scope="right")
        await after()
        return [str(left.gen), str(right.gen)]

    reading = await cms.catch_up.read(work)
    return [*reading.result, *(str(UUID(reading.look.gens[scope])) for scope in PAIR)]


@pytest.fixture(autouse=True)
async def settled(cms_app: CMS, neighbour: CMS) -> None:
    """The pair has generations, and the process knows the present moment."""
    await change(neighbour)
    await settle(cms_app)


async def settle(cms: CMS) -> None:
    # The first read may make a connection, which begins an era that knows no moment yet.
    await read_pair(cms)
    await read_pair(cms)


async def test_what_changes_between_two_reads_tears_nothing(cms_app: CMS, neighbour: CMS) -> None:
    for _ in range(5):
        left, right, *told = await read_pair(cms_app, lambda: change(neighbour))
        assert [left, right] == told
        async with cms_app.db.snapshot() as session:
            now = await gens(session)
        assert [left, right] != now
        assert await read_pair(cms_app) == [*now, *now]


@lean_only
async def test_quiet_moments_need_no_transaction(cms_app: CMS, cms_query_count: Statements) -> None:
    with cms_query_count() as statements:
        await read_pair(cms_app)
    assert len(statements) == 3


@lean_only
async def test_readers_who_end_together_share_a_look(
    cms_app: CMS, cms_query_count: Statements
) -> None:
    together, left = asyncio.Event(), 3

    async def meet() -> None:
        nonlocal left
        left -= 1
        if not left:
            together.set()
        await together.wait()

    # First there have to be as many connections: each that is made begins another era.
    await asyncio.gather(*(read_pair(cms_app) for _ in range(3)))
    await settle(cms_app)
    with cms_query_count() as statements:
        await asyncio.gather(*(read_pair(cms_app, after=meet) for _ in range(3)))
    assert len(statements) == 3 * 2 + 1


@lean_only
async def test_who_needs_more_than_lean_reads_gets_a_snapshot(cms_app: CMS) -> None:
    sessions: list[SnapshotSession] = []

    async def work(session: SnapshotSession) -> str:
        sessions.append(session)
        return str(await session.scalar(_SELECT, {"scope": "left"}))

    reading = await cms_app.catch_up.read(work)
    left, *_ = await read_pair(cms_app)
    assert reading.result == left
    assert isinstance(sessions[0], LooseSession)
    assert not isinstance(sessions[-1], LooseSession)


@lean_only
async def test_under_constant_change_nothing_else_is_tried(cms_app: CMS, neighbour: CMS) -> None:
    tried = 0

    async def work(session: SnapshotSession) -> None:
        nonlocal tried
        tried += isinstance(session, LooseSession)
        await session.fetch(GEN, scope="left")
        await change(neighbour)

    for _ in range(3):
        await cms_app.catch_up.read(work)
    assert tried == 2
    await asyncio.sleep(UNREST)
    await cms_app.catch_up.read(work)
    assert tried == 4


@lean_only
async def test_a_read_that_fails_for_the_change_is_repeated(cms_app: CMS, neighbour: CMS) -> None:

    async def work(session: SnapshotSession) -> bool:
        (first,) = await session.fetch(GEN, scope="left")
        if isinstance(session, LooseSession):
            await change(neighbour)
        (second,) = await session.fetch(GEN, scope="left")
        if first.gen != second.gen:
            raise ValueError("this can't be")
        return True

    assert (await cms_app.catch_up.read(work)).result


async def test_a_failure_of_its_own_is_raised(cms_app: CMS) -> None:
    async def work(_: SnapshotSession) -> None:
        raise LookupError

    with pytest.raises(LookupError):
        await cms_app.catch_up.read(work)
    assert cms_app.db.in_use == 0


@lean_only
async def test_who_fails_does_not_keep_others_from_reading_without_a_transaction(
    cms_app: CMS, cms_query_count: Statements
) -> None:
    done = 0

    async def work(_: SnapshotSession) -> None:
        nonlocal done
        done += 1
        raise LookupError

    with pytest.raises(LookupError):
        await cms_app.catch_up.read(work)
    assert done == 2
    with cms_query_count() as statements:
        await read_pair(cms_app)
    assert len(statements) == 3

"""Validation on PostgreSQL: what one question tells, and when it can't be put."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from time import monotonic
from typing import TYPE_CHECKING, cast

import pytest
from sqlalchemy import literal, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.pool import QueuePool

from cms_core.app import CMS
from cms_core.cache.postgres import PostgresValidator
from cms_core.db.types import Instant
from cms_core.errors import Unavailable
from cms_core.jobs import Job
from cms_core.overdue import Look, Lookout
from cms_core.testing.servers import drop_database

if TYPE_CHECKING:
    from tests.cache.conftest import Store

pytestmark = pytest.mark.parametrize("cms_engine", ["postgres"])

Make = Callable[..., PostgresValidator]
FOREVER = 1000.0


@pytest.fixture
async def make(cms_app: CMS) -> AsyncIterator[Make]:
    """``make(bound=0)``: a validator of its own."""
    made: list[PostgresValidator] = []

    def make(bound: float = 0) -> PostgresValidator:
        made.append(PostgresValidator(cms_app.db, cms_app.catch_up.lookout, bound))
        return made[-1]

    yield make
    for each in made:
        await each.close()


@pytest.fixture
def validator(make: Make) -> PostgresValidator:
    return make()


async def end_connections(store: Store) -> None:
    """End all connections to the database but the one that does it."""
    others = "datname = current_database() AND pid <> pg_backend_pid()"
    async with store.neighbour.db.transaction() as session:
        await session.execute(
            text(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}")
        )


async def test_each_commit_is_seen_by_who_asks_after_it(
    store: Store, validator: PostgresValidator
) -> None:
    for _ in range(5):
        entry = await store.entry("thing:a", "thing:b")
        assert await store.agrees(validator, entry)
        await store.touch("thing:b")
        assert not await store.agrees(validator, entry)


async def test_a_commit_elsewhere_leaves_an_entry_current(
    store: Store, validator: PostgresValidator
) -> None:
    entry = await store.entry("thing:a")
    assert await store.agrees(validator, entry)
    await store.touch("thing:b")
    assert await store.agrees(validator, entry)


async def test_without_a_commit_generations_are_asked_for_once(
    store: Store, validator: PostgresValidator
) -> None:
    await store.touch("thing:a")
    entry = await store.entry("thing:a")
    first = await validator.look(entry)
    entry.mark = first.mark
    second = await validator.look(entry)
    assert second.mark == first.mark
    assert (set(first.gens), set(second.gens)) == ({"thing:a"}, set())


async def test_what_becomes_due_without_a_commit_is_noticed(cms_app: CMS, store: Store) -> None:
    async with cms_app.db.snapshot() as session:
        soon = await session.now() + timedelta(seconds=0.5)

    async def work(_: CMS) -> bool:
        return False

    due = select(literal(soon, Instant()))
    lookout = Lookout(cms_app.db, [Job("probe", work, timedelta(1), due, work)], pause=1)
    validator = PostgresValidator(cms_app.db, lookout, 0)
    entry = await store.entry("thing:a")
    before = await validator.look(entry)
    entry.mark = before.mark

    await asyncio.sleep(0.6)
    after = await validator.look(entry)
    await validator.close()

    assert (before.is_overdue, after.is_overdue) == (False, True)
    assert after.overdue == {"probe": soon}


async def test_who_came_with_another_moment_is_told_generations(
    store: Store, validator: PostgresValidator
) -> None:
    await store.touch("thing:a", "thing:b")
    known, fresh = await store.entry("thing:a"), await store.entry("thing:b")
    known.mark = (await validator.look(known)).mark
    looks = await asyncio.gather(validator.look(known), validator.look(fresh))
    assert all(set(look.gens) == {"thing:b"} for look in looks)
    await store.touch("thing:c")
    looks = await asyncio.gather(validator.look(known), validator.look(fresh))
    assert all(set(look.gens) == {"thing:a", "thing:b"} for look in looks)


async def test_all_who_come_together_take_one_statement(
    store: Store, validator: PostgresValidator, cms_app: CMS
) -> None:
    entries = [await store.entry(f"thing:{number}") for number in range(20)]
    await validator.look(entries[0])
    statements: list[str] = []
    cms_app.db.heard.append(statements.append)
    await asyncio.gather(*(validator.look(entry) for entry in entries))
    assert len(statements) == 1


async def test_a_lost_connection_is_made_anew(store: Store, validator: PostgresValidator) -> None:
    entry = await store.entry("thing:a")
    assert await store.agrees(validator, entry)
    await end_connections(store)
    assert await store.agrees(validator, entry)
    await store.touch("thing:a")
    assert not await store.agrees(validator, entry)


async def test_what_another_connection_has_seen_is_asked_for_again(
    store: Store, validator: PostgresValidator
) -> None:
    await store.touch("thing:a")
    entry = await store.entry("thing:a")
    before = await validator.look(entry)
    entry.mark = before.mark
    await end_connections(store)
    after = await validator.look(entry)
    assert after.mark.partition(" ")[0] != before.mark.partition(" ")[0]
    assert set(after.gens) == {"thing:a"}


async def test_a_database_that_is_gone_is_unavailable(
    store: Store, validator: PostgresValidator, cms_postgres: str
) -> None:
    entry = await store.entry("thing:a")
    assert await store.agrees(validator, entry)
    await drop_database(cms_postgres, str(make_url(store.cms.settings.database_url).database))
    told: list[Look | BaseException] = []
    validator.ask([entry], told.append)
    with pytest.raises(Unavailable):
        await validator.look(entry)
    assert isinstance(told[0], Unavailable)


async def test_a_validator_gives_its_connection_back(store: Store, make: Make) -> None:
    validator = make()
    await validator.look(await store.entry("thing:a"))
    pool = cast(QueuePool, store.cms.db.reader.pool)
    taken = pool.checkedout()
    assert (store.cms.db.kept, store.cms.db.in_use) == (1, 0)
    await validator.close()
    assert pool.checkedout() == taken - 1
    assert (store.cms.db.kept, store.cms.db.in_use) == (0, 0)


async def test_nothing_is_trusted_unasked(store: Store, validator: PostgresValidator) -> None:
    entry = await store.entry("thing:a")
    assert await store.agrees(validator, entry)
    assert not validator.trusts(entry)


async def test_the_bounded_mode_trusts_for_so_long_and_no_longer(store: Store, make: Make) -> None:
    validator = make(FOREVER)
    entry = await store.entry("thing:a")
    assert not validator.trusts(entry)
    assert await store.agrees(validator, entry)
    assert validator.trusts(entry)

    entry.mark, entry.confirmed_at = "another", monotonic() - FOREVER
    assert not validator.trusts(entry)


async def test_a_later_question_tells_of_all_entries_where_nothing_was_committed(
    store: Store, make: Make
) -> None:
    validator = make(FOREVER)
    entry, other = await store.entry("thing:a"), await store.entry("thing:b")
    assert await store.agrees(validator, entry)
    assert await store.agrees(validator, other)
    entry.confirmed_at = monotonic() - FOREVER
    assert validator.trusts(entry)
    assert entry.confirmed_at == other.confirmed_at

    await store.touch("thing:c")
    assert await store.agrees(validator, other)
    entry.confirmed_at = monotonic() - FOREVER
    assert not validator.trusts(entry)


async def test_while_a_question_is_put_again_nothing_is_trusted_for_the_first_try(
    store: Store, make: Make, cms_app: CMS
) -> None:
    outdated, entry = await store.entry("thing:a"), await store.entry("thing:b")
    await store.touch("thing:a")
    validator = make(FOREVER)
    trusted: list[bool] = []
    cms_app.db.heard.append(lambda _: trusted.append(validator.trusts(outdated)))
    await validator.look(entry)
    assert trusted == [False] * len(trusted)
    assert not validator.trusts(outdated)

"""The published answers of a process: found, confirmed, made once for all who wait."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import TYPE_CHECKING

import pytest
from redis import Redis

from cms_core.cache.entry import Entry
from cms_core.cache.memory import Memory
from cms_core.cache.published import Found, Outcome, Published
from cms_core.cache.validation import Validator
from cms_core.overdue import Look

if TYPE_CHECKING:
    from tests.cache.conftest import Store

#: For what has nothing to do with the database.
on_one = pytest.mark.parametrize("cms_engine", ["sqlite"])
Until = Callable[[Callable[[], object]], Awaitable[None]]


class Loads:
    """Makes the answer; each load reads, and then waits until the test lets it go on."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.begun = 0
        self.scopes: tuple[str, ...] = ("thing:a",)
        self.failure: Exception | None = None
        self.go_on = asyncio.Event()
        self.go_on.set()

    async def load(self) -> Entry:
        self.begun += 1
        entry = await self._store.entry(*self.scopes, key="/a", body=b"%d" % self.begun)
        await self.go_on.wait()
        if self.failure:
            raise self.failure
        return entry


@pytest.fixture
def loads(store: Store) -> Loads:
    return Loads(store)


@pytest.fixture
def published(store: Store) -> Published:
    return store.cms.published


def obtain(published: Published, loads: Loads, number: int = 1) -> list[asyncio.Task[Found]]:
    return [asyncio.create_task(published.obtain("/a", loads.load)) for _ in range(number)]


async def has_begun(loads: Loads, number: int, until: Until) -> None:
    """Wait until so many loads have read, too."""
    await until(lambda: loads.begun == number)
    await asyncio.sleep(0.05)


@on_one
async def test_what_was_made_once_is_a_hit(published: Published, loads: Loads) -> None:
    made = await published.obtain("/a", loads.load)
    found = await published.obtain("/a", loads.load)
    assert (made.outcome, found.outcome) == (Outcome.STORED, Outcome.HIT)
    assert found.entry is made.entry


async def test_after_a_change_it_is_made_anew(
    store: Store, published: Published, loads: Loads
) -> None:
    for number in range(1, 4):
        await store.touch("thing:a")
        found = await published.obtain("/a", loads.load)
        assert (found.outcome, found.entry.body) == (Outcome.STORED, b"%d" % number)


@on_one
async def test_a_change_elsewhere_leaves_a_hit(
    store: Store, published: Published, loads: Loads
) -> None:
    await published.obtain("/a", loads.load)
    await store.touch("thing:b")
    assert (await published.obtain("/a", loads.load)).outcome is Outcome.HIT


async def test_one_load_serves_all_who_wait(published: Published, loads: Loads) -> None:
    found = await asyncio.gather(*obtain(published, loads, 50))
    assert loads.begun == 1
    assert [each.outcome for each in found].count(Outcome.STORED) == 1
    assert {each.outcome for each in found} == {Outcome.STORED, Outcome.COLLAPSED}


async def test_who_comes_after_a_commit_does_not_take_what_was_read_before_it(
    store: Store, published: Published, loads: Loads, until: Until
) -> None:
    loads.go_on.clear()
    (early,) = obtain(published, loads)
    await has_begun(loads, 1, until)
    await store.touch("thing:a")
    late = obtain(published, loads, 5)
    await asyncio.sleep(0)
    loads.go_on.set()
    assert (await early).entry.body == b"1"
    assert {each.entry.body for each in await asyncio.gather(*late)} == {b"2"}
    assert loads.begun == 2


async def test_who_comes_while_it_is_made_takes_it_if_it_is_still_current(
    published: Published, loads: Loads, until: Until
) -> None:
    loads.go_on.clear()
    (early,) = obtain(published, loads)
    await has_begun(loads, 1, until)
    (late,) = obtain(published, loads)
    await asyncio.sleep(0)
    loads.go_on.set()
    assert (await late).entry is (await early).entry
    assert (await late).outcome is Outcome.COLLAPSED
    assert loads.begun == 1


@on_one
class FirstWaits:
    """A validator of which the first who asks hears late."""

    def __init__(self, validator: Validator) -> None:
        self._validator = validator
        self.asked = 0
        self.go_on = asyncio.Event()
        self.ask, self.refresh, self.close = validator.ask, validator.refresh, validator.close

    def trusts(self, entry: Entry) -> bool:
        return False

    async def look(self, entry: Entry) -> Look:
        self.asked += 1
        if self.asked == 1:
            await self.go_on.wait()
        return await self._validator.look(entry)


@on_one
async def test_who_asked_about_an_outdated_answer_takes_what_was_made_meanwhile(
    store: Store, loads: Loads, until: Until
) -> None:
    validator = FirstWaits(store.cms.published._validator)
    published = Published(Memory(10**6), None, validator, store.cms.catch_up)
    await published.obtain("/a", loads.load)
    await store.touch("thing:a")
    (late,) = obtain(published, loads)
    await until(lambda: validator.asked == 1)
    made = await published.obtain("/a", loads.load)
    validator.go_on.set()
    found = await late
    assert (found.outcome, found.entry) == (Outcome.HIT, made.entry)
    assert loads.begun == 2


async def test_when_the_one_who_makes_it_leaves_another_one_does(
    published: Published, loads: Loads, until: Until
) -> None:
    loads.go_on.clear()
    leaving, *staying = obtain(published, loads, 5)
    await has_begun(loads, 1, until)
    leaving.cancel()
    loads.go_on.set()
    found = await asyncio.gather(*staying)
    assert leaving.cancelled()
    assert {each.entry.body for each in found} == {b"2"}
    assert [each.outcome for each in found].count(Outcome.STORED) == 1


@on_one
async def test_one_who_waits_may_leave(published: Published, loads: Loads, until: Until) -> None:
    loads.go_on.clear()
    leading, leaving, staying = obtain(published, loads, 3)
    await has_begun(loads, 1, until)
    leaving.cancel()
    loads.go_on.set()
    assert (await staying).entry is (await leading).entry


@on_one
async def test_a_failure_reaches_all_who_wait_and_nobody_later(
    published: Published, loads: Loads
) -> None:
    loads.failure = ZeroDivisionError("broken")
    failures = await asyncio.gather(*obtain(published, loads, 5), return_exceptions=True)
    assert failures == [loads.failure] * 5
    assert loads.begun == 1
    loads.failure = None
    assert (await published.obtain("/a", loads.load)).outcome is Outcome.STORED


@on_one
async def test_what_declares_no_scopes_is_not_kept(published: Published, loads: Loads) -> None:
    loads.scopes = ()
    outcomes = [(await published.obtain("/a", loads.load)).outcome for _ in range(2)]
    assert outcomes == [Outcome.PASSED] * 2
    assert len(published.memory) == 0


async def test_after_a_restore_nothing_of_before_is_a_hit(
    store: Store, published: Published, loads: Loads
) -> None:
    for _ in range(2):
        await published.obtain("/a", loads.load)
        assert (await published.obtain("/a", loads.load)).outcome is Outcome.HIT
        await store.restore()
        assert (await published.obtain("/a", loads.load)).outcome is Outcome.STORED


@pytest.mark.parametrize("cms_engine", ["postgres"])
async def test_after_a_restore_everything_is_forgotten(
    store: Store, published: Published, loads: Loads
) -> None:
    published.keep_here(await store.entry("thing:b", key="/b"))
    await published.obtain("/a", loads.load)
    await store.restore()
    await published.obtain("/a", loads.load)
    assert published.memory.get("/b") is None


@pytest.fixture
def redis(store: Store) -> Iterator[Redis]:
    with Redis.from_url(store.cms.settings.cache_url) as redis:
        yield redis


def count_values(redis: Redis) -> int:
    return len([name for name in redis.scan_iter("cms:*") if b":of:" not in name])


@pytest.mark.parametrize("cms_engine", ["postgres"])
async def test_what_one_process_has_made_is_a_hit_in_another(
    store: Store, published: Published, loads: Loads, redis: Redis, until: Until
) -> None:
    await published.obtain("/a", loads.load)
    await until(lambda: count_values(redis))
    outcomes = [
        (await store.neighbour.published.obtain("/a", loads.load)).outcome for _ in range(2)
    ]
    assert outcomes == [Outcome.HIT, Outcome.HIT]
    assert len(store.neighbour.published.memory) == 1


@pytest.mark.parametrize("cms_engine", ["postgres"])
async def test_what_others_had_made_before_a_commit_is_not_used(
    store: Store, published: Published, loads: Loads, redis: Redis, until: Until
) -> None:
    await published.obtain("/a", loads.load)
    await until(lambda: count_values(redis))
    await store.touch("thing:a")
    assert count_values(redis)  # whoever commits knows of no readers yet, and deletes nothing
    found = await store.neighbour.published.obtain("/a", loads.load)
    assert (found.outcome, found.entry.body) == (Outcome.STORED, b"2")


@pytest.mark.parametrize("cms_engine", ["postgres"])
async def test_after_a_commit_what_it_supersedes_is_deleted_in_redis(
    store: Store, published: Published, loads: Loads, redis: Redis, until: Until
) -> None:
    await published.obtain("/a", loads.load)
    await until(lambda: count_values(redis))
    async with store.cms.db.transaction() as session:
        session.touch("thing:a")
    await until(lambda: not count_values(redis))

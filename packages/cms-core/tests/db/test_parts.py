"""Parts of answers: recalled while they are current, and never shown later."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import select

from cms_core.app import CMS
from cms_core.catchup import Reading
from cms_core.db.generations import Generation
from cms_core.db.parts import EACH, MOST, Parts
from cms_core.db.session import SnapshotSession, recall, remember

NAME = "person:ada"
OF_ADA = select(Generation.gen).where(Generation.scope == NAME)


async def rename(cms: CMS, *scopes: str) -> str:
    """Give Ada a new name and return it: her scope's generation plays the part."""
    async with cms.db.transaction() as session:
        session.touch(*(scopes or (NAME,)))
    async with cms.db.snapshot() as session:
        return str(await session.scalar(OF_ADA))


class Reads:
    """Shows Ada's name, as answers do that show many other things."""

    def __init__(self, cms: CMS) -> None:
        self._cms = cms
        #: How often the name itself was read.
        self.made = 0
        #: In the snapshot, when the name is known.
        self.then: Callable[[], Awaitable[object]] | None = None

    async def show(self) -> str:
        reading: Reading[str] = await self._cms.catch_up.read(self.look_up)
        return reading.result

    async def look_up(self, session: SnapshotSession) -> str:
        names: dict[str, str] = recall(session, "names", ["ada"])
        if not names:
            self.made += 1
            names = {"ada": str(await session.scalar(OF_ADA))}
            remember(session, "names", names, NAME)
        if self.then:
            await self.then()
        return names["ada"]


@pytest.fixture
def reads(cms_app: CMS) -> Reads:
    return Reads(cms_app)


async def test_a_part_is_read_once(neighbour: CMS, reads: Reads) -> None:
    name = await rename(neighbour)
    assert [await reads.show() for _ in range(3)] == [name] * 3
    assert reads.made == 1


async def test_a_part_that_changed_is_shown_at_once(neighbour: CMS, reads: Reads) -> None:
    for _ in range(3):
        name = await rename(neighbour)
        assert await reads.show() == name


async def test_what_never_changed_has_changed_by_its_first_change(
    neighbour: CMS, reads: Reads
) -> None:
    assert await reads.show() == "None"
    name = await rename(neighbour)
    assert await reads.show() == name


async def test_a_change_elsewhere_leaves_a_part_alone(neighbour: CMS, reads: Reads) -> None:
    name = await rename(neighbour)
    await reads.show()
    await rename(neighbour, "person:bob")
    assert await reads.show() == name
    assert reads.made == 1


async def test_what_was_read_before_a_commit_is_not_shown_after_it(
    neighbour: CMS, reads: Reads
) -> None:
    old = await rename(neighbour)
    reads.then = lambda: rename(neighbour)
    assert await reads.show() == old
    reads.then = None
    async with neighbour.db.snapshot() as session:
        new = str(await session.scalar(OF_ADA))
    assert new != old
    assert await reads.show() == new


async def test_a_snapshot_that_nobody_settles_recalls_nothing(
    cms_app: CMS, neighbour: CMS, reads: Reads
) -> None:
    await rename(neighbour)
    await reads.show()
    async with cms_app.db.snapshot() as session:
        assert recall(session, "names", ["ada"]) == {}
        remember(session, "names", {"bob": "never kept"}, NAME)
    assert await reads.show()
    assert reads.made == 1


async def test_a_transaction_recalls_nothing(cms_app: CMS, reads: Reads) -> None:
    await reads.show()
    async with cms_app.db.transaction() as session:
        assert recall(session, "names", ["ada"]) == {}
        remember(session, "names", {"ada": "not committed"}, NAME)
    assert await reads.show() == "None"


def test_a_part_is_taken_only_with_all_of_its_generations() -> None:
    parts = Parts()
    brought = parts.use()
    brought.bring("kind", {"key": "value"}, ("a", "b"))
    assert brought.settle({"a": "1"})
    for gens, current in (({"a": "1"}, True), ({"a": "1", "c": "3"}, True)):
        taken = parts.use()
        assert taken.take("kind", ["key"]) == {"key": "value"}
        assert taken.scopes == {"a", "b"}
        assert taken.settle(gens) is current
    taken = parts.use()
    taken.take("kind", ["key"])
    assert not taken.settle({"a": "1", "b": "2"})
    assert parts.use().take("kind", ["key"]) == {}


def test_what_was_made_with_an_outdated_part_is_not_kept() -> None:
    parts = Parts()
    brought = parts.use()
    brought.bring("names", {"ada": "Ada"}, ("a",))
    assert brought.settle({"a": "1"})
    made = parts.use()
    name = made.take("names", ["ada"])["ada"]
    made.bring("posts", {"first": f"by {name}"}, ("a",))
    assert not made.settle({"a": "2"})
    assert not parts.use().take("posts", ["first"])


@pytest.mark.parametrize("value", ["name", bytes(EACH)])
def test_there_are_no_more_parts_than_a_process_may_keep(value: str | bytes) -> None:
    parts = Parts()
    number = MOST // (EACH + len(value)) + 10
    for each in range(number):
        brought = parts.use()
        brought.bring("values", {each: value}, ())
        brought.settle({})
    assert parts.use().take("values", range(number)) == dict.fromkeys(
        range(number - 10, number), value
    )


def test_a_part_that_is_read_again_and_again_takes_its_room_once() -> None:
    parts = Parts()
    for _ in range(3):
        brought = parts.use()
        brought.bring("values", {"long": bytes(MOST // 2), "short": "x"}, ())
        brought.settle({})
    assert parts.use().take("values", ["long"])


def test_parts_are_forgotten_when_the_database_is_another_one() -> None:
    parts, before, after = Parts(), "before", "after"
    brought = parts.use()
    brought.bring("kind", {"key": "value"}, ("a",))
    assert brought.settle({"a": "1"}, before)
    for instance, known in ((before, True), (after, False)):
        taken = parts.use()
        assert taken.take("kind", ["key"])
        assert taken.settle({"a": "1"}, instance) is known
    assert not parts.use().take("kind", ["key"])

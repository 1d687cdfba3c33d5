"""A step of a batch stands or falls as a whole, with everything that it caused."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field

import pytest
from sqlalchemy import select

from cms_core.app import CMS
from cms_core.db.generations import Generation
from cms_core.db.outbox import OutboxRow
from cms_core.db.session import TransactionSession
from cms_core.events import Event, Subscriber, after_commit, before_commit, eventually
from cms_core.hookspecs import hookimpl
from cms_core.plugins.contributions import Plugin

Statements = Callable[[], AbstractContextManager[list[str]]]


@dataclass(frozen=True)
class BrickLaid(Event):
    number: int

    @property
    def aggregate(self) -> str:
        return "wall"


@dataclass(frozen=True)
class BrickChecked(BrickLaid):
    pass


@dataclass
class Site:
    """Bricks that are laid are checked; `crooked` ones are refused."""

    crooked: set[int] = field(default_factory=set)
    heard: list[Event] = field(default_factory=list)

    async def check(self, session: TransactionSession, event: BrickLaid) -> None:
        session.touch(f"brick:{event.number}")
        if event.number in self.crooked:
            raise ValueError("crooked")
        session.emit(BrickChecked(event.number))

    async def hear(self, _: CMS, event: BrickLaid) -> None:
        self.heard.append(event)

    async def deliver(self, *_: object) -> None: ...

    def plugin(self) -> Plugin:
        subscribers = [
            before_commit(BrickLaid, self.check),
            after_commit(BrickLaid, self.hear),
            after_commit(BrickChecked, self.hear),
            eventually(BrickLaid, self.deliver, key="laid"),
            eventually(BrickChecked, self.deliver, key="checked"),
        ]

        class Hooks:
            @staticmethod
            @hookimpl
            def register_subscribers() -> list[Subscriber]:
                return subscribers

        return Plugin("site", Hooks, "", "0")


@pytest.fixture
def site() -> Site:
    return Site()


@pytest.fixture
def cms_plugins(site: Site) -> list[Plugin]:
    return [site.plugin()]


async def lay(session: TransactionSession, number: int) -> None:
    async with session.begin_nested():
        session.emit(BrickLaid(number))
        session.touch(f"wall:{number}")
        await session.settle()


async def waiting(cms: CMS) -> list[tuple[str, int]]:
    """The rows of the outbox in their order."""
    async with cms.db.snapshot() as session:
        rows = await session.scalars(select(OutboxRow).order_by(OutboxRow.id))
        return [(row.subscriber, row.payload["number"]) for row in rows]


async def renewed(cms: CMS) -> set[str]:
    async with cms.db.snapshot() as session:
        return set(await session.scalars(select(Generation.scope)))


async def test_what_a_subscriber_refuses_in_a_savepoint_is_lost_and_nothing_else(
    cms_app: CMS, site: Site
) -> None:
    site.crooked = {2}
    async with cms_app.db.transaction() as session:
        await lay(session, 1)
        with pytest.raises(ValueError, match="crooked"):
            await lay(session, 2)
        await lay(session, 3)
    assert await waiting(cms_app) == [("laid", 1), ("checked", 1), ("laid", 3), ("checked", 3)]
    assert await renewed(cms_app) == {"wall:1", "brick:1", "wall:3", "brick:3"}
    assert site.heard == [BrickLaid(1), BrickChecked(1), BrickLaid(3), BrickChecked(3)]


async def test_what_was_settled_is_taken_back_with_its_savepoint(cms_app: CMS, site: Site) -> None:
    async with cms_app.db.transaction() as session:
        session.emit(BrickLaid(1))
        with suppress(ZeroDivisionError):
            async with session.begin_nested():
                session.emit(BrickLaid(2))
                await session.settle()  # the first one as well
                raise ZeroDivisionError
        assert not session.enqueued
    assert await waiting(cms_app) == [("laid", 1), ("checked", 1)]
    assert await renewed(cms_app) == {"brick:1"}
    assert site.heard == [BrickLaid(1), BrickChecked(1)]


async def test_an_attempt_returns_why_it_failed(cms_app: CMS, site: Site) -> None:
    site.crooked = {2}
    async with cms_app.db.transaction() as session:

        async def lay_two() -> None:
            session.emit(BrickLaid(2))

        assert isinstance(await session.attempt(lay_two), ValueError)
        site.crooked = set()
        assert await session.attempt(lay_two) is None
    assert await waiting(cms_app) == [("laid", 2), ("checked", 2)]


async def test_the_outbox_of_many_events_takes_one_statement(
    cms_app: CMS, cms_query_count: Statements
) -> None:
    async with cms_app.db.transaction() as session:
        for number in range(100):
            session.emit(BrickChecked(number))
        with cms_query_count() as statements:
            await session.settle()
    assert len(statements) == 1
    assert await waiting(cms_app) == [("checked", number) for number in range(100)]

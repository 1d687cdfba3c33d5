"""A post office: a plugin whose subscribers do what the test tells them to."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import select, update

from cms_core.app import CMS
from cms_core.db.clock import db_now
from cms_core.db.outbox import OutboxRow
from cms_core.events import Delivery, Event, Subscriber, eventually
from cms_core.hookspecs import hookimpl
from cms_core.jobs import Job
from cms_core.outbox import Policy, outbox_jobs
from cms_core.plugins.contributions import Plugin


@dataclass(frozen=True)
class LetterWritten(Event):
    town: str
    number: int

    @property
    def aggregate(self) -> str:
        return self.town


Handler = Callable[[CMS, LetterWritten, Delivery], Awaitable[None]]


@dataclass
class Post:
    """Two subscribers, ``carrier`` and ``pigeon``, and what came to them."""

    received: list[tuple[str, str, int]] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)
    #: What a subscriber does before it has received a letter.
    carrier: Handler | None = None

    async def _carry(self, cms: CMS, event: LetterWritten, delivery: Delivery) -> None:
        self.deliveries.append(delivery)
        if self.carrier:
            await self.carrier(cms, event, delivery)
        self.received.append(("carrier", event.town, event.number))

    async def _fly(self, cms: CMS, event: LetterWritten, delivery: Delivery) -> None:
        self.received.append(("pigeon", event.town, event.number))

    def of(self, subscriber: str, town: str) -> list[int]:
        """The numbers of the letters that came to it from that town, in the order they came."""
        return [n for who, where, n in self.received if (who, where) == (subscriber, town)]

    def plugin(self) -> Plugin:
        subscribers = [
            eventually(LetterWritten, self._carry, key="carrier"),
            eventually(LetterWritten, self._fly, key="pigeon"),
        ]

        class Hooks:
            @staticmethod
            @hookimpl
            def register_subscribers() -> list[Subscriber]:
                return subscribers

        return Plugin("post", Hooks, "", "0")


@pytest.fixture
def post() -> Post:
    return Post()


@pytest.fixture
def cms_plugins(post: Post) -> list[Plugin]:
    return [post.plugin()]


@dataclass
class Office:
    """The outbox of a CMS."""

    cms: CMS

    async def write(self, *letters: tuple[str, int]) -> None:
        for town, number in letters:
            async with self.cms.db.transaction() as session:
                session.emit(LetterWritten(town, number))

    async def deliver(self, **policy: Any) -> None:
        jobs = outbox_jobs(self.cms.contributions.subscribers, Policy(**policy))

        async def run(job: Job) -> None:
            await job.run(self.cms)

        # A group, as in the worker: cancelled, it waits for its jobs to finish what they hold.
        async with asyncio.TaskGroup() as group:
            for job in jobs:
                group.create_task(run(job))

    async def rows(self, subscriber: str = "carrier") -> list[OutboxRow]:
        mine = select(OutboxRow).where(OutboxRow.subscriber == subscriber)
        async with self.cms.db.snapshot() as session:
            return list(await session.scalars(mine.order_by(OutboxRow.id)))

    async def make_due(self) -> None:
        """Let all pauses and leases be over."""
        waiting = update(OutboxRow).where(OutboxRow.due_at.is_not(None))
        async with self.cms.db.transaction() as session:
            await session.execute(waiting.values(due_at=db_now()))

    async def next_due(self) -> Any:
        """When the carrier's job is due."""
        (carrier, _) = outbox_jobs(self.cms.contributions.subscribers)
        assert carrier.next_due is not None
        async with self.cms.db.snapshot() as session:
            return (await session.execute(carrier.next_due)).scalar_one_or_none()


@pytest.fixture
def office(cms_app: CMS) -> Office:
    return Office(cms_app)

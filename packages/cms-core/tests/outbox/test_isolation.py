"""Subscribers that fail or hang hold up no other, however many there are and whatever piles up."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
from sqlalchemy import insert

from cms_core.app import CMS
from cms_core.db.clock import db_now
from cms_core.db.outbox import OutboxRow
from cms_core.events import Event, Subscriber, eventually
from cms_core.hookspecs import hookimpl
from cms_core.ids import new_id
from cms_core.plugins.contributions import Plugin
from cms_core.worker import Worker

WELL = [f"well-{number}" for number in range(20)]
PROMISED = 5.0


@dataclass(frozen=True)
class BellRung(Event):
    tower: str

    @property
    def aggregate(self) -> str:
        return self.tower


class Hearers:
    """Many subscribers: two fail, two hang, the others hear."""

    def __init__(self) -> None:
        self.heard: set[tuple[str, str]] = set()

    def plugin(self) -> Plugin:
        async def fail(*_: Any) -> None:
            raise ConnectionRefusedError

        async def hang(*_: Any) -> None:
            await asyncio.Event().wait()

        def hear(key: str) -> Any:
            async def heard(_: CMS, event: BellRung, __: Any) -> None:
                self.heard.add((key, event.tower))

            return heard

        handlers = {"fail-0": fail, "hang-0": hang} | {key: hear(key) for key in WELL}
        handlers |= {"fail-1": fail, "hang-1": hang}

        class Hooks:
            @staticmethod
            @hookimpl
            def register_subscribers() -> list[Subscriber]:
                return [eventually(BellRung, each, key=key) for key, each in handlers.items()]

        return Plugin("hearers", Hooks, "", "0")


@pytest.fixture
def hearers() -> Hearers:
    return Hearers()


@pytest.fixture
def cms_plugins(hearers: Hearers) -> list[Plugin]:
    return [hearers.plugin()]


async def pile_up(cms: CMS, subscriber: str, queues: int, behind: int) -> None:
    """Let deliveries of many aggregates be parked, and others look due behind them."""
    row = {"event": BellRung.event_name, "subscriber": subscriber, "payload": {"tower": "old"}}
    rows = [
        row | {"event_id": new_id(), "aggregate": f"old-{queue}", "attempts": attempts}
        for attempts in (30, *[0] * behind)
        for queue in range(queues)
    ]
    async with cms.db.transaction() as session:
        for due, some in ((None, rows[:queues]), (db_now(), rows[queues:])):
            values = insert(OutboxRow).values(created_at=db_now(), due_at=due)
            await session.execute(values, some)


async def test_the_others_hear_of_every_event_in_time(
    cms_app: CMS, hearers: Hearers, until: Any
) -> None:
    await pile_up(cms_app, "fail-0", queues=1000, behind=9)
    await pile_up(cms_app, WELL[0], queues=1000, behind=9)
    stop = asyncio.Event()
    working = asyncio.create_task(Worker(cms_app, grace=0).run(stop))
    for number in range(5):
        async with cms_app.db.transaction() as session:
            session.emit(BellRung(f"tower-{number}"))
        expected = {(key, f"tower-{number}") for key in WELL}
        async with asyncio.timeout(PROMISED):
            await until(partial(expected.issubset, hearers.heard))
    stop.set()
    await working

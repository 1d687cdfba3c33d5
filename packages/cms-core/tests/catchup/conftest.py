"""A hatchery: eggs hatch when they are due, and readers are told how many have."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Boolean, Column, Integer, MetaData, Table, func, insert, select, update

from cms_core.app import CMS, build_cms
from cms_core.db.clock import db_now
from cms_core.db.session import TransactionSession
from cms_core.db.types import Instant
from cms_core.hookspecs import hookimpl
from cms_core.http.routers import DeliveryRouter
from cms_core.http.sessions import Snapshot
from cms_core.jobs import Job
from cms_core.plugins.contributions import Plugin

#: Eggs that hatch in one go.
BATCH = 5

metadata = MetaData()
eggs = Table(
    "eggs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("due_at", Instant, nullable=False),
    Column("hatched", Boolean, nullable=False, default=False),
)
UNHATCHED = select(eggs).where(eggs.c.hatched.is_(False))
NEXT_DUE = select(func.min(eggs.c.due_at)).where(eggs.c.hatched.is_(False))


@dataclass
class Hatchery:
    """The job, and what the test wants it to do besides."""

    runs: int = 0
    #: Inside the transaction, before anything hatches.
    before: Callable[[TransactionSession], Awaitable[object]] | None = None
    #: When it is committed.
    after: Callable[[], Awaitable[object]] | None = None

    async def hatch(self, cms: CMS) -> bool:
        self.runs += 1
        count = await cms.db.run(self._hatch, lock_wait=1.0)
        if self.after:
            await self.after()
        return count == BATCH

    async def _hatch(self, session: TransactionSession) -> int:
        if self.before:
            await self.before(session)
        due = UNHATCHED.where(eggs.c.due_at <= db_now()).limit(BATCH).with_for_update()
        ids = (await session.scalars(due)).all()
        await session.execute(update(eggs).where(eggs.c.id.in_(ids)).values(hatched=True))
        return len(ids)

    def plugin(self) -> Plugin:
        router = DeliveryRouter("/hatchery")

        @router.get("")
        async def count_chicks(session: Snapshot) -> int:
            return await chicks_in(session)

        class Hooks:
            @staticmethod
            @hookimpl
            def register_jobs() -> list[Job]:
                every = timedelta(hours=1)
                return [Job("hatch", self.hatch, every, NEXT_DUE, before_reads=self.hatch)]

            @staticmethod
            @hookimpl
            def register_routers() -> list[DeliveryRouter]:
                return [router]

        return Plugin("hatchery", Hooks, "", "0")


async def chicks_in(session: Any) -> int:
    hatched = select(func.count()).select_from(eggs).where(eggs.c.hatched)
    count: int = (await session.execute(hatched)).scalar_one()
    return count


@dataclass
class Farm:
    """A CMS with a hatchery, and another process beside it."""

    cms: CMS
    neighbour: CMS

    async def lay(self, *seconds: float) -> None:
        """Lay eggs that come due so many seconds from now."""
        async with self.neighbour.db.transaction() as session:
            now = await session.now()
            rows = [{"due_at": now + timedelta(seconds=each)} for each in seconds]
            await session.execute(insert(eggs), rows)

    async def read(self) -> tuple[int, bool]:
        """How many chicks there are, and whether all are that should be."""
        async with self.cms.reading() as session:
            return await chicks_in(session), session.caught_up

    async def degradation(self) -> str | None:
        checks = self.cms.contributions.health_checks
        (check,) = [check for check in checks if check.name == "catch-up"]
        assert not check.critical
        return await check.check()


@pytest.fixture
def hatchery() -> Hatchery:
    return Hatchery()


@pytest.fixture
def cms_plugins(hatchery: Hatchery) -> Sequence[Plugin]:
    return [hatchery.plugin()]


@pytest.fixture
async def farm(cms_app: CMS) -> AsyncIterator[Farm]:
    async with cms_app.db.writer.begin() as connection:
        await connection.run_sync(metadata.create_all)
    neighbour = build_cms(cms_app.settings, cms_app.contributions.plugins)
    yield Farm(cms_app, neighbour)
    await neighbour.close()


@pytest.fixture
def lock() -> Callable[[TransactionSession], Awaitable[object]]:
    """``await lock(session)``: hold all eggs (on SQLite every transaction does)."""
    return lambda session: session.execute(UNHATCHED.with_for_update())

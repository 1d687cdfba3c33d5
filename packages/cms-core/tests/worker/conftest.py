"""A bell tower: a plugin whose jobs are due when the test says so."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import bindparam, select

from cms_core.app import CMS
from cms_core.db.types import Instant
from cms_core.hookspecs import hookimpl
from cms_core.jobs import Job
from cms_core.plugins.contributions import Plugin
from cms_core.worker import Worker


@dataclass
class Bell:
    """A job that notes when it runs, and then does what the test gave it to do."""

    key: str
    every: timedelta = timedelta(hours=1)
    due_at: datetime | None = None
    ring: Callable[[CMS], Awaitable[bool]] | None = None
    #: The database's clock at each run.
    rung: list[datetime] = field(default_factory=list)

    def job(self) -> Job:
        due = select(bindparam(None, callable_=lambda: self.due_at, type_=Instant()))
        return Job(self.key, self._run, every=self.every, next_due=due)

    async def _run(self, cms: CMS) -> bool:
        async with cms.db.snapshot() as session:
            self.rung.append(await session.now())
        if self.due_at is not None and self.due_at <= self.rung[-1]:
            self.due_at = None
        return await self.ring(cms) if self.ring else False


@dataclass
class Tower:
    """The bells of a CMS: ``tower.bell`` is made at need."""

    bells: dict[str, Bell] = field(default_factory=lambda: {k: Bell(k) for k in ("big", "small")})

    def plugin(self) -> Plugin:
        bells = self.bells.values()

        class Hooks:
            @staticmethod
            @hookimpl
            def register_jobs() -> list[Job]:
                return [bell.job() for bell in bells]

        return Plugin("tower", Hooks, "", "0")


@pytest.fixture
def tower() -> Tower:
    return Tower()


@pytest.fixture
def big(tower: Tower) -> Bell:
    return tower.bells["big"]


@pytest.fixture
def small(tower: Tower) -> Bell:
    return tower.bells["small"]


@pytest.fixture
def cms_plugins(tower: Tower) -> list[Plugin]:
    return [tower.plugin()]


@pytest.fixture
def working() -> Callable[..., AbstractAsyncContextManager[Worker]]:
    """``async with working(cms)``: a worker that runs until the block ends."""

    @asynccontextmanager
    async def work(cms: CMS, **options: Any) -> AsyncIterator[Worker]:
        stop, worker = asyncio.Event(), Worker(cms, **options)
        task = asyncio.create_task(worker.run(stop))
        try:
            yield worker
        finally:
            stop.set()
            await task

    return work

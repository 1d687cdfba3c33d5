"""A shelf: things whose text readers see, each with a scope of its own, and ways to change them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from fastapi import Response
from sqlalchemy import (
    Column,
    MetaData,
    String,
    Table,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)

from cms_core.app import CMS, build_cms
from cms_core.cache.entry import Entry
from cms_core.cache.validation import Validator
from cms_core.db.clock import db_now
from cms_core.db.instance import renew_instance
from cms_core.db.reads import Read
from cms_core.db.session import SnapshotSession, fetch
from cms_core.db.types import Instant
from cms_core.errors import NotFound
from cms_core.hookspecs import hookimpl
from cms_core.http.routers import DeliveryRouter
from cms_core.http.sessions import Snapshot
from cms_core.jobs import Job
from cms_core.plugins.contributions import Plugin

metadata = MetaData()
things = Table(
    "things",
    metadata,
    Column("name", String(100), primary_key=True),
    Column("text", String(100_000), nullable=False),
    Column("gone_at", Instant),
)
_TEXT = Read(select(things.c.text).where(things.c.name == bindparam("name")))
_NEXT = select(func.min(things.c.gone_at))

Pause = Callable[[], Awaitable[object]]


async def _at_once() -> None:
    """No pause at all."""


@dataclass
class Shelf:
    """The plugin, and what the test wants it to do besides."""

    reads: int = 0
    #: In the snapshot, when the text was read.
    pause: Pause = _at_once
    failing: bool = False
    #: Whether nothing is removed, as by a worker that can't.
    stuck: bool = False

    async def read(self, session: SnapshotSession, name: str) -> Response:
        self.reads += 1
        session.depends_on(f"thing:{name}")
        rows = await fetch(session, _TEXT, name=name)
        await self.pause()
        if self.failing:
            raise ZeroDivisionError("broken")
        if not rows:
            raise NotFound
        if rows[0].text.startswith("moved to "):
            there = rows[0].text.removeprefix("moved to ")
            return Response(status_code=308, headers={"Location": there})
        return Response(rows[0].text, media_type="text/plain")

    async def clear_away(self, cms: CMS) -> bool:
        """Remove what is to be gone by now."""
        if self.stuck:
            raise ZeroDivisionError("stuck")

        async def work(session: Any) -> None:
            due = things.c.gone_at <= db_now()
            names = (await session.scalars(select(things.c.name).where(due))).all()
            await session.execute(delete(things).where(due))
            session.touch(*(f"thing:{name}" for name in names))

        await cms.db.run(work)
        return False

    def plugin(self) -> Plugin:
        router = DeliveryRouter("/things")

        @router.get("/{name}")
        async def read_thing(session: Snapshot, name: str) -> Response:
            return await self.read(session, name)

        @router.get("/{name}/undeclared")
        async def read_undeclared(session: Snapshot, name: str) -> Response:
            rows = await fetch(session, _TEXT, name=name)
            return Response(rows[0].text, media_type="text/plain")

        class Hooks:
            @staticmethod
            @hookimpl
            def register_routers() -> list[DeliveryRouter]:
                return [router]

            @staticmethod
            @hookimpl
            def register_jobs() -> list[Job]:
                every = timedelta(hours=1)
                job = Job("clear", self.clear_away, every, _NEXT, before_reads=self.clear_away)
                return [job]

        return Plugin("things", Hooks, "", "0")


@dataclass
class Store:
    """A CMS with a shelf, and another process that writes beside it."""

    cms: CMS
    neighbour: CMS

    async def put(self, name: str, text: str, *, gone_in: float | None = None) -> datetime:
        """Commit a text, and return the instant at which it is gone."""
        async with self.neighbour.db.transaction() as session:
            instant = await session.now() + timedelta(seconds=gone_in or 0)
            gone_at = None if gone_in is None else instant
            values = {"text": text, "gone_at": gone_at}
            done = await session.execute(
                update(things).where(things.c.name == name).values(values).returning(things.c.name)
            )
            if not done.all():
                await session.execute(insert(things).values(name=name, **values))
            session.touch(f"thing:{name}")
        return instant

    async def touch(self, *scopes: str) -> None:
        """Commit a change of these scopes."""
        async with self.neighbour.db.transaction() as session:
            session.touch(*scopes)

    async def restore(self) -> None:
        """Make another database of it, as restoring a backup does."""
        async with self.neighbour.db.transaction() as session:
            await renew_instance(session)

    async def entry(self, *scopes: str, key: str = "/a", body: bytes = b"") -> Entry:
        """An entry made in a snapshot of this moment from these scopes."""

        async def work(session: SnapshotSession) -> None:
            session.depends_on(*scopes)

        reading = await self.cms.catch_up.read(work)
        gens = tuple((scope, reading.look.gens.get(scope)) for scope in reading.scopes)
        return Entry(key, 200, (), body, gens, reading.look.instance)

    async def agrees(self, validator: Validator, entry: Entry) -> bool:
        """Whether a validator, when asked, says of an entry that it is current."""
        look = await validator.look(entry)
        current = (entry.mark == look.mark and look.mark != "") or entry.agrees(look.gens)
        if current:
            entry.mark, entry.confirmed_at = look.mark, look.sent_at
        return current


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def cms_plugins(shelf: Shelf) -> list[Plugin]:
    return [shelf.plugin()]


@pytest.fixture
async def store(cms_app: CMS) -> AsyncIterator[Store]:
    async with cms_app.db.writer.begin() as connection:
        await connection.run_sync(metadata.create_all)
    neighbour = build_cms(cms_app.settings, cms_app.contributions.plugins)
    yield Store(cms_app, neighbour)
    await neighbour.close()

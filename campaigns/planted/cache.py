"""Ways to keep answers of a database that changes wrongly.

Some wait for a moment where the wrong order of events needs one: what is rare on a quiet machine
is to happen in seconds.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Collection, Iterable
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from cms_core import CMS
from cms_core.cache.entry import Entry
from cms_core.cache.postgres import PostgresValidator
from cms_core.cache.published import Found, Load, Outcome, Published
from cms_core.db.generations import Generation, renew
from cms_core.db.instance import instance_id
from cms_core.db.session import TransactionSession
from cms_core.events import Subscribers
from cms_core.overdue import Look
from cms_posts import scopes

Deliver = Callable[..., Awaitable[None]]

#: Seconds that a load takes longer at most, between reading and storing.
SLOW_LOAD = 0.03
#: Seconds until the answer of the database has arrived.
SLOW_ANSWER = 0.06
#: Seconds between a commit and the renewal of its generations.
SLOW_RENEWAL = 0.03
#: The first scope of feeds, under which they are found when they are to be deleted.
FEEDS = scopes.of_kind(scopes.TAGS)


def trust_what_is_there(original: object) -> Any:
    """Whatever is kept is believed."""

    def holds(self: Published, entry: Entry, look: Look) -> bool:
        return entry.instance == str(look.instance)

    return holds


def keep_nothing(original: object) -> Any:
    """No process keeps anything by itself: Redis is the only cache."""

    def put(self: object, entry: Entry) -> None:
        return None

    return put


def load_slowly(original: Callable[..., Awaitable[Entry]]) -> Any:
    """Between reading and storing, some time passes now and then."""

    async def load(*arguments: Any) -> Entry:
        entry = await original(*arguments)
        await asyncio.sleep(random.uniform(0, SLOW_LOAD))
        return entry

    return load


def delete_then_tell(original: Callable[..., Awaitable[None]]) -> Any:
    """After the commit, whatever was made from the touched scopes is deleted in Redis."""

    async def tell(self: TransactionSession, deliver: Deliver) -> None:
        cms: CMS = deliver.__self__.owner  # type: ignore[attr-defined] # a method of the database
        await _delete(cms, self.touched)
        await original(self, deliver)

    return tell


_instances: WeakKeyDictionary[CMS, str] = WeakKeyDictionary()


async def _delete(cms: CMS, touched: Collection[str]) -> None:
    shared = cms.published._shared
    if not touched or shared is None:
        return
    if cms not in _instances:
        async with cms.db.snapshot() as session:
            _instances[cms] = str(await instance_id(session))
    await shared._forget([shared._index(each, _instances[cms]) for each in (*touched, FEEDS)])


#: What is being asked of the database right now.
_under_way: WeakKeyDictionary[Any, list[Any]] = WeakKeyDictionary()
_asked: dict[PostgresValidator, set[str]] = {}


def note_what_is_asked(original: Callable[..., Awaitable[Any]]) -> Any:
    """Who comes later can find the query that is under way."""

    async def answer(self: Any, batch: list[Any]) -> Any:
        if isinstance(self._ask.__self__, PostgresValidator):
            _under_way[self] = batch
        try:
            return await original(self, batch)
        finally:
            _under_way.pop(self, None)

    return answer


def join_what_is_asked(original: Callable[..., None]) -> Any:
    """Who comes takes the answer of a query that was sent before."""

    def put(self: Any, question: Any, then: Any) -> None:
        if (batch := _under_way.get(self)) is not None:
            batch.append((question, then))
            scopes = (scope for entry in question for scope in entry.scopes)
            _asked.setdefault(self._ask.__self__, set()).update(scopes)
        else:
            original(self, question, then)

    return put


def ask_for_all(original: Callable[..., Awaitable[Look]]) -> Any:
    """Each query asks for whatever was asked for before, so that it answers those who join it."""

    async def put(
        self: PostgresValidator, wanted: Collection[str], *, glance: bool = False
    ) -> Look:
        known = _asked.setdefault(self, set())
        known.update(wanted)
        look = await original(self, known)
        await asyncio.sleep(SLOW_ANSWER)
        return look

    return put


def only_settle(original: object) -> Any:
    """The transaction that changes something leaves the generations as they are."""

    async def complete(self: TransactionSession) -> None:
        await self.settle()

    return complete


def renew_then_tell(original: Callable[..., Awaitable[None]]) -> Any:
    """A transaction after the commit renews the generations."""

    async def tell(self: TransactionSession, deliver: Deliver) -> None:
        if self.touched:
            await asyncio.sleep(SLOW_RENEWAL)
            engine = self.bind
            assert isinstance(engine, AsyncEngine)
            async with TransactionSession(engine, Subscribers()) as session, session.begin():
                await renew(session, self.touched)
        await original(self, deliver)

    return tell


def load_always(original: object) -> Any:
    """Everybody who misses loads."""

    async def obtain(self: Published, key: str, load: Load) -> Found:
        entry = await load()
        self.keep(entry)
        return Found(entry, Outcome.STORED)

    return obtain


def count_generations(original: object) -> Any:
    """Generations are 1, 2, 3, …"""

    async def count(session: AsyncSession, wanted: Iterable[str]) -> None:
        for scope in sorted(set(wanted)):
            found = select(Generation).where(Generation.scope == scope).with_for_update()
            present = (await session.execute(found)).scalar_one_or_none()
            if present is None:
                session.add(Generation(scope=scope, gen=UUID(int=1)))
            else:
                present.gen = UUID(int=present.gen.int + 1)
        await session.flush()

    return count


def keep_instance(original: Callable[[AsyncSession], Awaitable[UUID]]) -> Any:
    """A restored database stays the one that it was."""
    return instance_id

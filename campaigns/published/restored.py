"""After a restore nothing is read that was kept in the time that no longer happened."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import uvloop

from campaigns.arena import Arena
from campaigns.campaign import Campaign, Engine, Outcome, Size
from campaigns.planting import AUTHOR
from campaigns.progress import bar
from campaigns.published.apis import Apis
from campaigns.published.connections import Answer, Client, NoAnswer
from campaigns.published.copies import Copies
from campaigns.published.judging import feed_of, list_of, post_by_id, post_by_name
from campaigns.published.shapes import Shapes
from campaigns.published.writing import id_of, plant_live
from campaigns.violations import Violations
from cms_core import CMS, Principal, Transaction
from cms_core.db import instance
from cms_posts.content import PostChanges
from cms_posts.service.drafts import edit_post
from cms_posts.service.publication import publish_post, unpublish_post

SHAPES = Shapes(posts=12, tags=3)
#: How often a read that was refused is tried again.
TRIES = 3
#: Of the changes, those that take a post down.
TAKEN_DOWN = 0.15


@dataclass(frozen=True, slots=True)
class Load:
    processes: int
    #: Backups that are restored.
    restores: int
    #: Changes in each life of a database, and how often all is compared in one that is lost.
    changes: int
    looks: int


def run(arena: Arena, load: Load) -> Outcome:
    """Let a database live, lose that life to a backup, and live another one beside the same Redis.

    In both the same posts change equally often, so that whatever only counts comes to the same
    numbers. What is read is compared with what a process without any cache answers.
    """
    asyncio.run(plant_live(arena.build(), SHAPES))
    found = Violations("different", "failed")
    with ExitStack() as stack:
        url = stack.enter_context(arena.redis()).url
        copies = stack.enter_context(Copies(arena.folder))
        lives = _Lives(arena, load, url, found)
        here = arena.settings.resolved_database_url
        with bar("restores", load.restores) as progress:
            for number in range(load.restores):
                backup = copies.make(here)
                lives.live(here, arena.chance(f"changes {number}"), looks=load.looks)
                here = copies.make(backup)
                asyncio.run(_tell_restored(arena.build(database_url=here)))
                # Nobody looks before as much has changed as in the life that was lost.
                lives.live(here, arena.chance(f"changes {number}"), looks=1)
                progress.advance()
    found.add("crashed", lives.crashed)
    return Outcome(
        cases=lives.compared,
        injected={"restores": load.restores},
        load={"hits": lives.hits},
        floors={"hits": lives.compared // 3},
        violations=found.counts,
        examples=found.examples,
    )


async def _tell_restored(cms: CMS) -> None:
    """What ``cms db restored`` does."""
    await cms.db.run(instance.renew_instance)
    await cms.close()


class _Lives:
    """Times in which processes serve a database, and its posts change."""

    def __init__(self, arena: Arena, load: Load, url: str, found: Violations) -> None:
        self._arena = arena
        self._load = load
        self._url = url
        self._found = found
        self._number = 0
        self.compared = 0
        self.hits = 0
        self.crashed = 0

    def live(self, database: str, chance: random.Random, looks: int) -> None:
        """Serve this database, from processes with the shared cache and from one without any."""
        self._number += 1
        cached = self._arena.build(database_url=database, cache_url=self._url)
        uncached = self._arena.build(database_url=database, cache_bytes=0)
        with Apis(cached, self._load.processes) as apis, Apis(uncached, 1) as twin:
            clients = [Client(address) for address in apis.addresses]
            beside = self._arena.build(database_url=database)
            life = _Life(self._number, beside, chance)
            uvloop.run(self._watch(life, looks, clients, Client(twin.addresses[0])))
        self.crashed += apis.crashed + twin.crashed

    async def _watch(
        self, life: _Life, looks: int, clients: Sequence[Client], twin: Client
    ) -> None:
        """Let the life happen, and compare everything so many times meanwhile."""
        for _ in range(looks):
            await life.go_on(self._load.changes // looks)
            await self._compare(clients, twin)
        for client in (*clients, twin):
            client.close()
        await life.end()

    async def _compare(self, clients: Sequence[Client], twin: Client) -> None:
        """Read everything from each process, twice, and hold it against the twin's answer."""
        for target in _targets():
            expected = await self._read(twin, target)
            for client in (*clients, *clients):
                answer = await self._read(client, target)
                self.compared += 1
                self.hits += answer is not None and answer.is_hit
                if _shown(answer) != _shown(expected):
                    self._found.note("different", f"{target} in life {self._number}")

    async def _read(self, client: Client, target: str) -> Answer | None:
        try:
            answer = await client.get(target)
            for _ in range(TRIES):
                if answer.status == 503:  # the machine stood still
                    await asyncio.sleep(1)
                    answer = await client.get(target)
        except NoAnswer as error:
            self._found.note("failed", f"{target} {error}")
            return None
        if answer.status >= 500:
            self._found.note("failed", f"{target} gave {answer.status}")
        return answer


class _Life:
    """Changes of posts: which ones depends on `chance`, and what they say on the life's number."""

    def __init__(self, number: int, cms: CMS, chance: random.Random) -> None:
        self._number = number
        self._cms = cms
        self._chance = chance

    async def go_on(self, changes: int) -> None:
        """Make so many changes."""
        for _ in range(changes):
            await self._cms.db.run(self._change)

    async def end(self) -> None:
        """Close the connections."""
        await self._cms.close()

    async def _change(self, session: Transaction) -> None:
        chance, now = self._chance, await session.now()
        id = id_of(chance.randrange(SHAPES.posts))
        by = Principal(AUTHOR, "author", frozenset({"posts:write-any", "posts:publish-any"}))
        if chance.random() < TAKEN_DOWN:
            await unpublish_post(session, id, by=by, now=now)
            return
        told = f"Life {self._number}, change {chance.getrandbits(40)}"
        tags = [f"Tag {chance.randrange(SHAPES.tags)}"]
        await edit_post(session, id, PostChanges(title=told, tags=tags), by=by, now=now)
        await publish_post(session, id, by=by, now=now)


def _targets() -> Iterator[str]:
    """All that may be read."""
    for post in range(SHAPES.posts):
        yield post_by_id(post, id_of(post)).target
        yield post_by_name(post, 0).target
    for tag in (None, *range(SHAPES.tags)):
        yield list_of(tag).target
        yield feed_of(tag).target
    yield "/api/v1/tags"
    yield "/sitemap.xml"


def _shown(answer: Answer | None) -> Any:
    """What has to be the same: problems hold the id of their request."""
    if answer is None:
        return None
    return answer.status, answer.body if answer.status == 200 else b""


RESTORED = Campaign(
    name="restored",
    promise="After a restore nothing is read that was kept from the time after the backup.",
    run=run,
    loads={
        (Size.CI, Engine.SQLITE): Load(1, restores=1, changes=10, looks=1),
        (Size.CI, Engine.POSTGRESQL): Load(2, restores=1, changes=10, looks=1),
        (Size.FULL, Engine.SQLITE): Load(2, restores=40, changes=60, looks=6),
        (Size.FULL, Engine.POSTGRESQL): Load(3, restores=40, changes=60, looks=6),
    },
    variants=("restores",),
)

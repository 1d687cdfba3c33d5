"""When everything kept becomes worthless at once, each process makes each answer once."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

import uvloop
from redis.asyncio import Redis

from campaigns.arena import Arena
from campaigns.campaign import Campaign, Engine, Outcome, Size
from campaigns.progress import bar
from campaigns.published.apis import Address, Apis
from campaigns.published.connections import Client, NoAnswer
from campaigns.published.judging import list_of, post_by_name
from campaigns.published.shapes import Shapes, slug
from campaigns.published.writing import plant_live
from campaigns.violations import Violations
from cms_core import CMS, Transaction
from cms_core.cache.entry import Entry
from cms_core.cache.published import Load as LoadEntry
from cms_posts import scopes

SHAPES = Shapes(posts=12, tags=3)
#: What everybody reads, and the scopes that all of it hangs on.
HOT = [list_of(None).target, *(post_by_name(post, 0).target for post in range(4))]
SCOPES = [scopes.POSTS, *(scopes.of_post(slug(post, 0)) for post in range(4))]
#: Every other time Redis is emptied too.
EMPTIED_EVERY = 2


@dataclass(frozen=True, slots=True)
class Load:
    processes: int
    #: Readers to each process.
    readers: int
    flushes: int


def run(arena: Arena, load: Load) -> Outcome:
    """Let many read a few things while their generations are renewed, and count who made what."""
    asyncio.run(plant_live(arena.build(), SHAPES))
    loads = arena.folder / "loads"
    with ExitStack() as stack:
        url = "memory://"
        if arena.engine is Engine.POSTGRESQL:
            url = stack.enter_context(arena.redis()).url
        cms = arena.build(cache_url=url)
        apis = stack.enter_context(Apis(cms, load.processes, lambda cms: _count_loads(cms, loads)))
        crowd = _Crowd(apis.addresses, load.readers)
        uvloop.run(_flush(arena.build(), crowd, load, url))
    made = Counter(loads.read_text().splitlines())
    found = crowd.found
    for what, count in made.items():
        if count > load.processes:
            found.note("too_many_loads", f"{what} was made {count} times")
    found.add("crashed", apis.crashed)
    if arena.assignment.size is Size.FULL:
        found.add("refused", crowd.refused)
    return Outcome(
        cases=crowd.reads,
        injected={"flushes": load.flushes},
        load={
            "loads": made.total(),
            "made": len(made),
            "most_at_once": crowd.most,
            "refused": crowd.refused,
        },
        floors={
            "made": load.flushes * len(HOT) // 2,
            "most_at_once": load.processes * load.readers,
        },
        violations=found.counts,
        examples=found.examples,
    )


def _count_loads(cms: CMS, file: Path) -> None:
    """Note in a file whatever this process makes, with the generations that it was made from."""
    obtain = cms.published.obtain
    # Appending a line is one write: those of several processes do not mix.
    notes = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    async def counted(key: str, load: LoadEntry) -> Any:
        async def note() -> Entry:
            entry = await load()
            digest = blake2b(repr(entry.gens).encode(), digest_size=8).hexdigest()
            os.write(notes, f"{key} {digest}\n".encode())
            return entry

        return await obtain(key, note)

    cms.published.obtain = counted  # type: ignore[method-assign]  # to count its calls


async def _flush(cms: CMS, crowd: _Crowd, load: Load, url: str) -> None:
    """Renew the generations, again when everybody has read what came of it."""
    redis = None if url == "memory://" else Redis.from_url(url)

    async def touch(session: Transaction) -> None:
        session.touch(*SCOPES)

    async with crowd.reading():
        with bar("flushes", load.flushes) as progress:
            await crowd.everybody()
            for number in range(load.flushes):
                if redis is not None and number % EMPTIED_EVERY:
                    await redis.flushall()
                await cms.db.run(touch)
                await crowd.everybody()
                progress.advance()
    if redis is not None:
        await redis.aclose()
    await cms.close()


class _Crowd:
    """Readers who read the same few things over and over, each on a connection of its own."""

    def __init__(self, addresses: Sequence[Address], each: int) -> None:
        self._places = [address for address in addresses for _ in range(each)]
        self._rounds = [0] * len(self._places)
        self._over = False
        self._waiting = 0
        self.found = Violations("too_many_loads", "failed")
        self.reads = 0
        #: Answers of 503; see `Judge.refused`.
        self.refused = 0
        #: Readers who waited for an answer at the same time, at most.
        self.most = 0

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[None]:
        """Let them read meanwhile."""
        async with asyncio.TaskGroup() as tasks:
            for number in range(len(self._places)):
                tasks.create_task(self._read(number))
            yield
            self._over = True

    async def everybody(self) -> None:
        """Wait until everybody has begun and ended a read from now on."""
        begun = list(self._rounds)
        while self._fewest_since(begun) < 2:  # noqa: ASYNC110 - hundreds would have to tell
            await asyncio.sleep(0.01)

    def _fewest_since(self, begun: Sequence[int]) -> int:
        return min(now - then for now, then in zip(self._rounds, begun, strict=True))

    async def _read(self, number: int) -> None:
        client = Client(self._places[number])
        while not self._over:
            target = HOT[(number + self._rounds[number]) % len(HOT)]
            self._waiting += 1
            self.most = max(self.most, self._waiting)
            try:
                status = (await client.get(target)).status
            except NoAnswer as error:
                self.found.note("failed", f"{target} {error}")
            else:
                if status == 503:
                    self.refused += 1
                elif status != 200:
                    self.found.note("failed", f"{target} gave {status}")
            self._waiting -= 1
            self._rounds[number] += 1
            self.reads += 1
        client.close()


STAMPEDE = Campaign(
    name="stampede",
    promise="However many ask for what has just changed, each process makes it once.",
    run=run,
    loads={
        (Size.CI, Engine.SQLITE): Load(2, readers=50, flushes=5),
        (Size.CI, Engine.POSTGRESQL): Load(3, readers=50, flushes=5),
        (Size.FULL, Engine.SQLITE): Load(2, readers=250, flushes=50),
        (Size.FULL, Engine.POSTGRESQL): Load(3, readers=167, flushes=50),
    },
    variants=("flushes",),
)

"""What a killed writer has committed is what readers see, although nobody was told of it."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

import uvloop

from campaigns.arena import Arena
from campaigns.campaign import Campaign, Engine, Outcome, Size
from campaigns.progress import bar
from campaigns.published.apis import Address, Apis
from campaigns.published.board import Board
from campaigns.published.connections import Client, NoAnswer
from campaigns.published.judging import Judge, Read, feed_of, list_of, post_by_id, post_by_name
from campaigns.published.nursery import Deed, Nursery, Place
from campaigns.published.readers import Chooser, Readers
from campaigns.published.shapes import Shapes
from campaigns.published.writing import id_of, plant_live, read_versions
from cms_core import CMS

SHAPES = Shapes(posts=12, tags=3, plans=False)
#: How often writers die in each place, in the order of the places.
WEIGHTS = (5, 2, 3)
#: Seconds in which a writer mostly comes to its end when it is not killed.
LONGEST = {Engine.POSTGRESQL: 0.05, Engine.SQLITE: 0.015}
#: Broken promises after which nobody needs more of them.
ENOUGH = 5


@dataclass(frozen=True, slots=True)
class Load:
    processes: int
    kills: int
    #: Connections to each process, on which is read all the time.
    connections: int = 1


def run(arena: Arena, load: Load) -> Outcome:
    """Kill writers one after the other, and read what they wrote from every process."""
    asyncio.run(plant_live(arena.build(), SHAPES))
    board, chance = Board(SHAPES.posts), arena.chance("kills")
    with ExitStack() as stack:
        url = "memory://"
        if arena.engine is Engine.POSTGRESQL:
            url = stack.enter_context(arena.redis()).url
        cms = arena.build(cache_url=url)
        nursery = Nursery(cms, SHAPES)
        stack.callback(nursery.close)
        apis = stack.enter_context(Apis(cms, load.processes))
        nursery.until_ready()
        witness = _Witness(arena.build(), board, apis.addresses)
        uvloop.run(_kill(nursery, witness, load, chance, LONGEST[arena.engine]))
    found, counts = witness.judge.outcome(arena.assignment.size), witness.counts
    found.add("crashed", apis.crashed)
    return Outcome(
        cases=witness.reads,
        injected={f"kills_{place.name.lower()}": counts[place] for place in Place},
        load={
            "kills": counts["kills"],
            "committed": counts["committed"],
            "hits": witness.hits,
            "refused": witness.judge.refused,
        },
        floors={
            "kills": load.kills,
            "kills_after_commit": load.kills // 4,
            "kills_before_commit": load.kills // 12,
            "kills_anywhere": load.kills // 12,
            "committed": load.kills // 4,
            "hits": load.kills,
        },
        violations=found.counts,
        examples=found.examples,
    )


async def _kill(
    nursery: Nursery, witness: _Witness, load: Load, chance: random.Random, longest: float
) -> None:
    async def kill_all() -> None:
        with bar("kills", load.kills) as progress:
            while witness.counts["kills"] < load.kills and witness.broken < ENOUGH:
                await witness.see_one_die(nursery, chance, longest)
                progress.show(witness.counts["kills"])
        over.set()

    over = asyncio.Event()
    await witness.prepare()
    beside = witness.readers.read(load.connections, lambda: not over.is_set())
    await asyncio.gather(kill_all(), beside)
    await witness.close()


class _Witness:
    """Reads before and after a writer dies, and compares with what the database says."""

    def __init__(self, cms: CMS, board: Board, addresses: Sequence[Address]) -> None:
        self._cms = cms
        self._board = board
        self._clients = [Client(address) for address in addresses]
        self.judge = Judge(SHAPES, board.see)
        chooser = Chooser(SHAPES, board, random.Random(0))
        self.readers = Readers(chooser, self.judge, addresses)
        self.counts: Counter[object] = Counter()
        self._read = 0

    @property
    def reads(self) -> int:
        """Reads that were judged."""
        return self.readers.reads + self._read

    @property
    def hits(self) -> int:
        """Reads beside the kills that came from the cache."""
        return self.readers.hits

    @property
    def broken(self) -> int:
        """Reads that broke the promise."""
        return sum(self.judge.found.counts.values())

    async def prepare(self) -> None:
        """Learn what is there already."""
        for post, version in enumerate(await read_versions(self._cms, SHAPES.posts)):
            self._board.begin(post, version)
            self._board.acknowledge(post, version)

    async def see_one_die(self, nursery: Nursery, chance: random.Random, longest: float) -> None:
        """Let a writer die, after `longest` seconds if not before, and read what it changed."""
        post = chance.randrange(SHAPES.posts)
        version = self._board.least(post) + 1
        reads = list(_reads(post, version))
        await self._read_all(reads)
        self._board.begin(post, version)
        (place,) = chance.choices(list(Place), WEIGHTS)
        died = await nursery.kill(Deed(place, post, version, chance.uniform(0, longest)))
        for number, committed in enumerate(await read_versions(self._cms, SHAPES.posts)):
            self._board.see(number, committed)
        await self._read_all(reads)
        self.counts["committed"] += self._board.least(post) == version
        if died:
            self.counts["kills"] += 1
            self.counts[place] += 1

    async def close(self) -> None:
        """Close all connections."""
        for client in self._clients:
            client.close()
        await self._cms.close()

    async def _read_all(self, reads: Sequence[Read]) -> None:
        """Read all of it from each process, from all processes at once."""
        await asyncio.gather(*(self._read_from(client, reads) for client in self._clients))

    async def _read_from(self, client: Client, reads: Sequence[Read]) -> None:
        for read in reads:
            least = self._board.all_least()
            try:
                answer = await client.get(read.target)
            except NoAnswer as error:
                self.judge.fail(read, str(error))
                continue
            self.judge.judge(read, answer, least, self._board.all_most())
            self._read += 1


def _reads(post: int, version: int) -> Iterator[Read]:
    """Everything that a version of a post changes."""
    yield post_by_id(post, id_of(post))
    yield from (post_by_name(post, name) for name in (0, 1))
    tags = {SHAPES.tag(post, each) for each in (version - 1, version)}
    yield from map(list_of, (None, *tags))
    yield feed_of(None)


KILLED_WRITERS = Campaign(
    name="killed-writers",
    promise="What a writer has committed is what readers see, wherever the writer is killed.",
    run=run,
    loads={
        (Size.CI, Engine.SQLITE): Load(2, kills=12),
        (Size.CI, Engine.POSTGRESQL): Load(3, kills=12),
        (Size.FULL, Engine.SQLITE): Load(2, kills=500),
        (Size.FULL, Engine.POSTGRESQL): Load(3, kills=500),
    },
    variants=("kills",),
)

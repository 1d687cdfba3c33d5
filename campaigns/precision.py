"""One change takes from the cache what shows it, and hardly anything else."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import uvloop

from campaigns.archives import Shelf, open_accounts, store
from campaigns.arena import Arena, plugins
from campaigns.campaign import Campaign, Engine, Outcome, Size
from campaigns.progress import bar
from campaigns.sites import Desk, served, shared_cache, sign_in
from campaigns.violations import Violations
from campaigns.wire import Request, Wire
from cms_core import CMS, build_cms
from cms_core.db.clock import read_clock
from cms_core.settings import Settings

#: The part of all warm lists that one change must leave alone.
LEAST_KEPT = 0.9


@dataclass(frozen=True, slots=True)
class Load:
    posts: int
    #: How many single posts are changed, one after the other.
    changes: int
    tags: int = 60
    authors: int = 20
    months: int = 26


def run(arena: Arena, load: Load) -> Outcome:
    """Warm all lists, change one post, and see which of them are still there; again and again."""
    with shared_cache(arena) as settings:
        return uvloop.run(_measure(arena, settings, load))


async def _measure(arena: Arena, settings: Settings, load: Load) -> Outcome:
    cms = build_cms(settings, plugins())
    lists = await _fill(arena, cms, load)
    tally = Tally()
    async with served(cms) as address:
        site = _Site(Wire(address), Desk(address, sign_in(cms)), lists, tally)
        live = await site.live()
        await site.warm()
        with bar("changes", load.changes) as progress:
            for number, post in enumerate(arena.chance("changes").choices(live, k=load.changes)):
                await site.change(post, f"Changed {number}")
                progress.advance()
        site.close()
    return Outcome(
        cases=tally.asked,
        injected={"changes": tally.changes},
        load={"warm_lists": len(lists), "kept": tally.kept, "least_kept": tally.least},
        floors={"changes": load.changes, "warm_lists": 100},
        violations=tally.found.counts,
        examples=tally.found.examples,
    )


async def _fill(arena: Arena, cms: CMS, load: Load) -> list[str]:
    """Store the posts and return the addresses of all lists that there are of them."""
    tags = [f"tag-{number}" for number in range(load.tags)]
    authors = await open_accounts(cms, [f"Author {number}" for number in range(load.authors)])
    chance, now = arena.chance("posts"), await cms.db.run(read_clock)
    shelf = Shelf(tags, authors, load.months)
    posts = [shelf.post(chance, number, now) for number in range(load.posts)]
    await store(cms, posts)
    months = sorted({f"{each.published_at:%Y-%m}" for each in posts if each.published_at})
    filters = [f"tag={tag}" for tag in tags] + [f"author={id}" for id in authors]
    return [f"/api/v1/posts?{each}" for each in (*filters, *(f"month={each}" for each in months))]


class Tally:
    """What was kept and what was not."""

    def __init__(self) -> None:
        self.found = Violations("not_warm", "swept_away", "stale")
        self.asked = self.changes = self.kept = 0
        #: The smallest part of all lists that one change left alone.
        self.least = 1.0

    def judge(self, own: Sequence[str], hits: Sequence[str], total: int) -> None:
        """Hold one change against: lists of the post must be made anew, of others most are kept."""
        self.changes += 1
        self.asked += total
        self.kept += len(hits)
        self.least = min(self.least, len(hits) / total)
        for each in set(own) & set(hits):
            self.found.note("stale", f"{each} came from the cache after a change of its post")
        if len(hits) < LEAST_KEPT * total:
            self.found.note("swept_away", f"only {len(hits)} of {total} lists were kept")


class _Site:
    def __init__(self, wire: Wire, desk: Desk, lists: Sequence[str], tally: Tally) -> None:
        self._wire = wire
        self._desk = desk
        self._lists = lists
        self._tally = tally

    async def live(self) -> list[Any]:
        """Some live posts as they are listed."""
        answer = await self._wire.ask(Request("/api/v1/posts?limit=100"))
        found: list[Any] = json.loads(answer.body)["items"]
        return found

    async def warm(self) -> None:
        """Ask for every list, and see that it is kept."""
        await self._hits()
        for each in set(self._lists) - set(await self._hits()):
            self._tally.found.note("not_warm", f"{each} was asked for twice and was not kept")

    async def change(self, post: Any, title: str) -> None:
        """Publish another title, and count the lists that are still warm; then all are again."""
        await self._desk.edit(post["id"], title=title)
        await self._desk.publish(post["id"])
        self._tally.judge(_lists_of(post), await self._hits(), len(self._lists))

    async def _hits(self) -> list[str]:
        return [each for each in self._lists if (await self._wire.ask(Request(each))).is_hit]

    def close(self) -> None:
        self._wire.close()
        self._desk.close()


def _lists_of(post: Any) -> list[str]:
    """The lists that show a post."""
    filters = [f"tag={tag['slug']}" for tag in post["tags"]]
    filters += [f"author={post['author']['id']}", f"month={post['published_at'][:7]}"]
    return [f"/api/v1/posts?{each}" for each in filters]


PRECISION = Campaign(
    name="precision",
    promise="A change of one post leaves 90 % of the lists of other posts in the cache.",
    run=run,
    loads={
        (Size.CI, Engine.SQLITE): Load(posts=1000, changes=2),
        (Size.CI, Engine.POSTGRESQL): Load(posts=1000, changes=2),
        (Size.FULL, Engine.SQLITE): Load(posts=10_000, changes=50),
        (Size.FULL, Engine.POSTGRESQL): Load(posts=10_000, changes=50),
    },
    variants=("one-change",),
)

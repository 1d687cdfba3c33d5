"""Live posts from years past, stored many at once as imports are."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import insert

from cms_auth.models import User
from cms_core import CMS, Transaction, new_id
from cms_core.db.clock import read_clock
from cms_posts.models import PostState
from cms_posts.service.storing import WholePost, WholeRevision, store_posts

#: Who imported them.
IMPORTER = UUID(int=0)
BATCH = 500
_WORDS = [
    "salt",
    "wind",
    "harbour",
    "lantern",
    "orchard",
    "signal",
    "meadow",
    "thunder",
    "copper",
    "willow",
    "ember",
    "tide",
]


@dataclass(frozen=True, slots=True)
class Shelf:
    """What posts are filed under: slugs of tags, authors, and how many months they go back."""

    tags: Sequence[str]
    authors: Sequence[UUID]
    months: int

    def post(self, chance: random.Random, number: int, now: datetime) -> WholePost:
        """A live post from one of the months."""
        at = now - timedelta(days=chance.randrange(30 * self.months), seconds=number)
        body = " ".join(chance.choices(_WORDS, k=60))
        revision = WholeRevision(
            title=f"Post {number} of the {chance.choice(_WORDS)}",
            slug=f"post-{number}",
            language="en",
            author_id=chance.choice(self.authors),
            created_by=IMPORTER,
            created_at=at,
            body=body,
            body_html=f"<p>{body}</p>",
            excerpt=body[:80],
            tags={slug: slug.title() for slug in chance.sample(self.tags, 2)},
        )
        return WholePost(
            id=new_id(),
            state=PostState.PUBLISHED,
            revisions=[revision],
            created_at=at,
            updated_at=at,
            published_revision=1,
            published_at=at,
            first_published_at=at,
            former_slugs=frozenset({f"former-{number}"}),
        )


async def open_accounts(cms: CMS, names: Sequence[str]) -> list[UUID]:
    """Make authors of these names who can't sign in, and return their ids."""
    now = await cms.db.run(read_clock)
    ids = [new_id() for _ in names]
    rows = [
        {"id": id, "name": name, "role": "author", "created_at": now, "updated_at": now}
        for id, name in zip(ids, names, strict=True)
    ]

    async def work(session: Transaction) -> None:
        await session.execute(insert(User), rows)

    await cms.db.run(work)
    return ids


async def store(cms: CMS, posts: Sequence[WholePost]) -> None:
    """Store posts, in batches."""
    for begin in range(0, len(posts), BATCH):

        async def work(
            session: Transaction, some: Sequence[WholePost] = posts[begin : begin + BATCH]
        ) -> None:
            await store_posts(session, some, by=IMPORTER)

        await cms.db.run(work)

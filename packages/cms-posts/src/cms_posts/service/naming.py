"""Names of posts: each belongs to one post from its first revision on until that is purged."""

from __future__ import annotations

from itertools import chain, islice
from typing import cast
from uuid import UUID

from sqlalchemy import Table, bindparam, select
from sqlalchemy.dialects.postgresql import insert

from cms_core import Invalid, Read, Transaction, fetch
from cms_posts.errors import SlugTaken
from cms_posts.models import PostSlug
from cms_posts.slugs import NUMBERED, candidates, is_slug, slugify

_slugs = cast(Table, PostSlug.__table__)
# SQLite's compiler takes the clauses of PostgreSQL: it has the same.
_RESERVE = Read(
    insert(_slugs)
    .values(slug=bindparam("name"), post_id=bindparam("post"), was_live=False)
    .on_conflict_do_nothing()
    .returning(_slugs.c.slug)
)
_OWNER = Read(select(_slugs.c.post_id).where(_slugs.c.slug == bindparam("name")))


async def reserve_slug(session: Transaction, post_id: UUID, slug: str) -> str:
    """Give the post exactly this slug. Raises `SlugTaken`, and `Invalid` for what is no slug."""
    if not is_slug(slug):
        raise Invalid.at("/slug", "lower-case letters and digits, joined by single hyphens")
    if not await _reserve(session, post_id, slug):
        raise SlugTaken
    return slug


async def make_slug(session: Transaction, post_id: UUID, title: str) -> str:
    """Give the post a slug made from its title, with a suffix where another post has it."""
    names = candidates(slugify(title))
    plain = next(names)
    if await _reserve(session, post_id, plain):
        return plain
    numbered = list(islice(names, NUMBERED - 1))
    taken = await _taken(session, post_id, numbered)
    for name in chain((name for name in numbered if name not in taken), names):
        if await _reserve(session, post_id, name):
            return name
    raise AssertionError("unreachable: there are always more candidates")


async def _reserve(session: Transaction, post_id: UUID, slug: str) -> bool:
    # No look before the leap: of two authors who want one name, the key lets one have it.
    if await fetch(session, _RESERVE, name=slug, post=post_id):
        return True
    return any(row.post_id == post_id for row in await fetch(session, _OWNER, name=slug))


async def _taken(session: Transaction, post_id: UUID, slugs: list[str]) -> set[str]:
    of_others = select(PostSlug.slug).where(PostSlug.slug.in_(slugs), PostSlug.post_id != post_id)
    return set((await session.execute(of_others)).scalars())

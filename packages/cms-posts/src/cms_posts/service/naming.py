"""Names of posts: each belongs to one post from its first revision on until that is purged."""

from __future__ import annotations

from itertools import chain, islice
from uuid import UUID

from sqlalchemy import bindparam, select

from cms_core import Invalid, Read, Transaction, fetch
from cms_posts.errors import SlugTaken
from cms_posts.models import PostSlug
from cms_posts.queries import insert_free
from cms_posts.slugs import NUMBERED, candidates, is_slug, slugify

_OWNER = Read(select(PostSlug.post_id).where(PostSlug.slug == bindparam("name")))


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
    row = {"slug": slug, "post_id": post_id, "was_live": False}
    if await insert_free(session, PostSlug, "slug", [row]):
        return True
    return any(row.post_id == post_id for row in await fetch(session, _OWNER, name=slug))


async def _taken(session: Transaction, post_id: UUID, slugs: list[str]) -> set[str]:
    of_others = select(PostSlug.slug).where(PostSlug.slug.in_(slugs), PostSlug.post_id != post_id)
    return set((await session.execute(of_others)).scalars())

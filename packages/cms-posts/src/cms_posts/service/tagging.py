"""Tags of working copies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import cast
from uuid import UUID

from sqlalchemy import Table, bindparam, delete

from cms_core import Transaction, Write, among, new_id
from cms_posts.models import PostRevision, PostTag, Tag
from cms_posts.queries import KnownTag, Tags, insert_missing, load_tags, load_tags_named
from cms_posts.slugs import slugify

_links = cast(Table, PostTag.__table__)
_KEEP_ONLY = Write(
    delete(_links).where(_links.c.post_id == bindparam("post"), ~among(_links.c.tag_id, "kept"))
)


async def tags_named(session: Transaction, names: Sequence[str]) -> list[KnownTag]:
    """The tags of these names, locked, in this order; those that nobody has used yet are made.

    Two names with one slug are one tag. A tag that was merged into another stands for that one.
    """
    wanted = by_slug(names)
    return (await tags_with_slugs(session, wanted)).named(wanted)


def by_slug(names: Iterable[str]) -> dict[str, str]:
    """The names of tags by their slugs; of two that are one tag, the first."""
    wanted: dict[str, str] = {}
    for name in names:
        wanted.setdefault(slugify(name), name)
    return wanted


async def tags_with_slugs(session: Transaction, names: Mapping[str, str]) -> Tags:
    """The tags of these slugs, locked; those that nobody has used yet are made with their names."""
    if not names:
        return Tags({})
    tags = await load_tags_named(session, names)
    if missing := sorted(names.keys() - tags.slugs()):
        same = {"version": 1, "merged_into": None}
        new = [{"id": new_id(), "slug": slug, "name": names[slug], **same} for slug in missing]
        await insert_missing(session, Tag, new)
        tags = await load_tags_named(session, names)
    return tags


async def ids_of(session: Transaction, tags: Sequence[KnownTag], head: PostRevision) -> list[str]:
    """How a revision after `head` stores these tags: as `head` does where they mean the same.

    Its ids may be of tags that were merged or deleted since, which is no change of the post.
    """
    present = (await load_tags(session, head.tags)).of(head.tags)
    return head.tags if tags == present else [str(tag.id) for tag in tags]


async def set_post_tags(session: Transaction, post_id: UUID, ids: Iterable[UUID]) -> None:
    """Make these, held locked, the tags of the post's working copy."""
    kept = list(ids)
    await session.write(_KEEP_ONLY, {"post": post_id, "kept": kept})
    await add_post_tags(session, post_id, kept)


async def add_post_tags(session: Transaction, post_id: UUID, ids: Iterable[UUID]) -> None:
    """Add these, held locked, to the tags of the post's working copy."""
    rows = [{"tag_id": tag_id, "post_id": post_id} for tag_id in sorted(ids)]
    await insert_missing(session, PostTag, rows)

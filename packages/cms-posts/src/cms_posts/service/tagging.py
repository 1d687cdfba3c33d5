"""Tags of working copies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from sqlalchemy import delete

from cms_core import Transaction, new_id
from cms_posts.models import PostRevision, PostTag, Tag
from cms_posts.queries import Tags, insert_missing, load_tags, load_tags_named
from cms_posts.slugs import slugify


async def tags_named(session: Transaction, names: Sequence[str]) -> list[Tag]:
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
        new = [{"id": new_id(), "slug": slug, "name": names[slug]} for slug in missing]
        await insert_missing(session, Tag, new)
        tags = await load_tags_named(session, names)
    return tags


async def ids_of(session: Transaction, tags: Sequence[Tag], head: PostRevision) -> list[str]:
    """How a revision after `head` stores these tags: as `head` does where they mean the same.

    Its ids may be of tags that were merged or deleted since, which is no change of the post.
    """
    present = (await load_tags(session, head.tags)).of(head.tags)
    return head.tags if tags == present else [str(tag.id) for tag in tags]


async def set_post_tags(session: Transaction, post_id: UUID, ids: Iterable[UUID]) -> None:
    """Make these, held locked, the tags of the post's working copy."""
    kept = list(ids)
    others = delete(PostTag).where(PostTag.post_id == post_id, PostTag.tag_id.not_in(kept))
    await session.execute(others)
    await add_post_tags(session, post_id, kept)


async def add_post_tags(session: Transaction, post_id: UUID, ids: Iterable[UUID]) -> None:
    """Add these, held locked, to the tags of the post's working copy."""
    rows = [{"tag_id": tag_id, "post_id": post_id} for tag_id in sorted(ids)]
    await insert_missing(session, PostTag, rows)

"""Tags as such: renamed, merged and deleted everywhere at once.

A tag that gives up a slug, or itself, leaves a row behind that leads to its successor, always in
one step: old links, old revisions and authors who type the old name go on working.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import aliased

from cms_core import ANY_VERSION, Precondition, Principal, Transaction, new_id, unique_or
from cms_posts import scopes
from cms_posts.errors import TagNotFound, TagTaken, UnknownTag
from cms_posts.events import TagDeleted, TagMerged, TagRenamed
from cms_posts.models import PostTag, PublishedPostTag, Tag
from cms_posts.queries import insert_free
from cms_posts.slugs import slugify

Links = type[PostTag] | type[PublishedPostTag]
_LINKS: tuple[Links, ...] = (PostTag, PublishedPostTag)


async def rename_tag(
    session: Transaction,
    slug: str,
    *,
    by: Principal,
    name: str | None = None,
    new_slug: str | None = None,
    precondition: Precondition = ANY_VERSION,
) -> Tag:
    """Give a tag another name, another slug, or both; what is not given stays.

    Raises `TagNotFound`, `PreconditionFailed`, or `TagTaken` when the new slug, or the one that
    the new name stands for, belongs to another tag.
    """
    family = await _lock(session, slug)
    tag = family.present(slug)
    precondition.check(tag.version)
    name, new_slug = name or tag.name, new_slug or tag.slug
    if (name, new_slug) == (tag.name, tag.slug):
        return tag
    former = {each.slug: each for each in family.leading_to(tag)}
    if new_slug in former:
        await session.delete(former[new_slug])
        await session.flush()
    tag.name, tag.slug, tag.version = name, new_slug, tag.version + 1
    with unique_or(TagTaken()):
        await session.flush()
    await _lead_to(session, tag, {slug, slugify(name)} - {new_slug, *former})
    _touch(session, [tag], [slug, new_slug])
    session.emit(TagRenamed(tag.id, by.id, slug, new_slug, name))
    return tag


async def merge_tag(
    session: Transaction,
    slug: str,
    into: str,
    *,
    by: Principal,
    precondition: Precondition = ANY_VERSION,
) -> Tag:
    """Give every post of a tag the tag `into` instead, and return that.

    Raises `TagNotFound`, `PreconditionFailed` or `UnknownTag`.
    """
    family = await _lock(session, slug, into)
    source, target = family.present(slug), family.survivor(into)
    precondition.check(source.version)
    if target is None or target is source:
        raise UnknownTag.at("/into", "another tag that exists")
    for links in _LINKS:
        await _move(session, links, source, target)
    for each in (source, *family.leading_to(source)):
        each.merged_into = target.id
    target.version += 1
    await session.flush()
    _touch(session, [source, target], [source.slug, target.slug])
    session.emit(TagMerged(source.id, by.id, target.id))
    return target


async def delete_tag(
    session: Transaction, slug: str, *, by: Principal, precondition: Precondition = ANY_VERSION
) -> None:
    """Take a tag from every post and forget it, with the names that led to it.

    Raises `TagNotFound` or `PreconditionFailed`.
    """
    family = await _lock(session, slug)
    tag = family.present(slug)
    precondition.check(tag.version)
    former = family.leading_to(tag)
    for links in _LINKS:
        await session.execute(delete(links).where(links.tag_id == tag.id))
    await session.execute(delete(Tag).where(Tag.merged_into == tag.id))
    await session.execute(delete(Tag).where(Tag.id == tag.id))
    _touch(session, [tag, *former], [each.slug for each in (tag, *former)])
    session.emit(TagDeleted(tag.id, by.id, slug))


@dataclass(frozen=True, slots=True)
class _Family:
    """Some tags, and all rows that lead to them."""

    tags: Sequence[Tag]

    def present(self, slug: str) -> Tag:
        """The tag that has this slug now. Raises `TagNotFound`."""
        for tag in self.tags:
            if tag.slug == slug and tag.merged_into is None:
                return tag
        raise TagNotFound

    def survivor(self, slug: str) -> Tag | None:
        """The tag that this slug stands for."""
        ids = {tag.merged_into or tag.id for tag in self.tags if tag.slug == slug}
        return next((tag for tag in self.tags if tag.id in ids), None)

    def leading_to(self, tag: Tag) -> list[Tag]:
        """The rows of names that the tag once had, and of tags merged into it."""
        return [each for each in self.tags if each.merged_into == tag.id]


async def _lock(session: Transaction, *slugs: str) -> _Family:
    """Hold everything that these slugs stand for against writers of posts and of tags."""
    present = select(func.coalesce(Tag.merged_into, Tag.id)).where(Tag.slug.in_(slugs))
    ids = (await session.execute(present)).scalars().all()
    # By slug, as whoever tags a post does: two who want the same tags must not deadlock.
    family = select(Tag).where(Tag.id.in_(ids) | Tag.merged_into.in_(ids)).order_by(Tag.slug)
    locked = family.with_for_update().execution_options(populate_existing=True)
    return _Family((await session.execute(locked)).scalars().all())


async def _lead_to(session: Transaction, tag: Tag, slugs: Iterable[str]) -> None:
    """Let further slugs stand for the tag."""
    rows = [
        {"id": new_id(), "slug": slug, "name": tag.name, "version": 1, "merged_into": tag.id}
        for slug in sorted(slugs)
    ]
    if len(await insert_free(session, Tag, "slug", rows)) < len(rows):
        raise TagTaken


async def _move(session: Transaction, links: Links, source: Tag, target: Tag) -> None:
    """Link the posts of one tag to another, without a second link where they have both."""
    # Updated, not deleted and inserted: a new row would ask for the lock of its post, which a
    # publisher may hold who waits for the tag.
    other = aliased(links)
    both = select(other.post_id).where(other.tag_id == target.id)
    mine = links.tag_id == source.id
    await session.execute(delete(links).where(mine, links.post_id.in_(both)))
    await session.execute(update(links).where(mine).values(tag_id=target.id))


def _touch(session: Transaction, tags: Iterable[Tag], slugs: Iterable[str]) -> None:
    session.touch(scopes.TAGS, scopes.of_kind(scopes.TAGS), *map(scopes.of_tag, slugs))
    session.touch(*(scopes.of_shown_tag(tag.id) for tag in tags))

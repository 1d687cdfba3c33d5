"""The reads behind delivery, as plain columns: no entity is built for a reader.

A page of a list is read from what is live alone; what revisions say of it is read by primary key,
where it is not known yet. The feed joins them from the outside, one row each: so it can stop after
a page of index entries.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    Integer,
    Select,
    bindparam,
    exists,
    func,
    literal,
    select,
)
from sqlalchemy.ext.asyncio import AsyncSession

from cms_core import Read, Sort, among, fetch
from cms_posts.delivery.schemas import BODIES
from cms_posts.models import PostRevision, PostSlug, PublishedPost, PublishedPostTag, Tag

#: A row of a `Read`, or one of SQLAlchemy's own.
AnyRow: TypeAlias = Any
AnySelect: TypeAlias = Select[*tuple[Any, ...]]

live = PublishedPost.__table__
live_tags = PublishedPostTag.__table__
revisions = PostRevision.__table__
slugs = PostSlug.__table__
tags = Tag.__table__
_successors = tags.alias("successors")

_LIVE = (
    live.c.post_id.label("id"),
    live.c.slug,
    live.c.title,
    live.c.author_id,
    live.c.published_at,
    live.c.updated_at,
    live.c.revision,
)
_CONTENT = tuple(
    revisions.c[name]
    for name in ("excerpt", "body_format", "language", "cover_id", "tags", "seo", "extensions")
)
_BODIES = tuple(revisions.c[name] for name in sorted(BODIES))
_PINNED = (revisions.c.post_id == live.c.post_id) & (revisions.c.number == live.c.revision)

BY_LATEST = Sort((live.c.published_at, live.c.post_id))
SORTS = {
    "published_at": BY_LATEST,
    "updated_at": Sort((live.c.updated_at, live.c.post_id)),
    "title": Sort((live.c.title, live.c.post_id)),
}
#: The same orders of one tag's posts: its own index knows the dates of publication.
SORTS_OF_TAG = SORTS | {"published_at": Sort((live_tags.c.published_at, live_tags.c.post_id))}

_POST = select(*_LIVE, *_CONTENT, *_BODIES).select_from(live.outerjoin(revisions, _PINNED))
_POST_OF_ID = Read(_POST.where(live.c.post_id == bindparam("id")))
_POST_OF_SLUG = Read(_POST.where(live.c.slug == bindparam("slug")))
_PRESENT_SLUG = Read(
    select(live.c.slug, live.c.post_id)
    .select_from(slugs.join(live, live.c.post_id == slugs.c.post_id))
    .where(slugs.c.slug == bindparam("slug"), slugs.c.was_live)
)


async def find_post(session: AsyncSession, key: UUID | str) -> AnyRow | None:
    """The live post of that id or slug, with its bodies."""
    if isinstance(key, UUID):
        return _only(await fetch(session, _POST_OF_ID, id=key))
    return _only(await fetch(session, _POST_OF_SLUG, slug=key))


async def find_successor(session: AsyncSession, slug: str) -> AnyRow | None:
    """The live post (`slug`, `post_id`) that readers knew under this slug."""
    return _only(await fetch(session, _PRESENT_SLUG, slug=slug))


def _only(rows: Sequence[AnyRow]) -> AnyRow | None:
    return rows[0] if rows else None


@lru_cache(maxsize=256)
def posts(filters: frozenset[str] = frozenset()) -> AnySelect:
    """What is live, unordered, by the parameters named in `filters`; made once for each set.

    The revisions are left out (`complete` reads them). `tag` and `author` are ids; `since` is the
    first instant of publication, `until` the one after.
    """
    source, wanted = _selected(filters)
    return select(*_LIVE).select_from(source).where(*wanted)


#: So many columns tell the state of a live post from all others: a revision never changes.
STATE = len(_LIVE)


async def complete(
    session: AsyncSession, ids: Collection[UUID], bodies: frozenset[str] = frozenset()
) -> Sequence[AnyRow]:
    """The live posts of these ids, in no order, with what their revisions say."""
    return await fetch(session, _complete(bodies), ids=ids) if ids else ()


@lru_cache(maxsize=4)
def _complete(bodies: frozenset[str]) -> Read:
    columns = (*_LIVE, *_CONTENT, *(revisions.c[name] for name in sorted(bodies)))
    whole = select(*columns).select_from(live.outerjoin(revisions, _PINNED))
    return Read(whole.where(among(live.c.post_id, "ids")))


def _selected(filters: frozenset[str]) -> tuple[FromClause, Sequence[ColumnElement[bool]]]:
    source: FromClause = live
    published_at = live.c.published_at
    wanted: list[ColumnElement[bool]] = []
    if "tag" in filters:
        source = live_tags.join(live, live.c.post_id == live_tags.c.post_id)
        published_at = live_tags.c.published_at
        wanted.append(live_tags.c.tag_id == bindparam("tag"))
    if "author" in filters:
        wanted.append(live.c.author_id == bindparam("author"))
    if "since" in filters:
        wanted.append(published_at >= bindparam("since"))
    if "until" in filters:
        wanted.append(published_at < bindparam("until"))
    return source, wanted


async def latest_posts(
    session: AsyncSession, limit: int, tag: UUID | None = None
) -> Sequence[AnyRow]:
    """The latest live posts, of a tag or of all, with their bodies."""
    if tag is None:
        return await fetch(session, _LATEST, length=limit)
    return await fetch(session, _LATEST_OF_TAG, length=limit, tag=tag)


def _latest(sort: Sort, *filters: str) -> Read:
    source, wanted = _selected(frozenset(filters))
    whole = select(*_LIVE, *_CONTENT, *_BODIES).select_from(source.outerjoin(revisions, _PINNED))
    ordered = whole.where(*wanted).order_by(*(each.desc() for each in sort.columns))
    return Read(ordered.limit(bindparam("length", type_=Integer())))


_LATEST = _latest(BY_LATEST)
_LATEST_OF_TAG = _latest(SORTS_OF_TAG["published_at"], "tag")


_TAGS = select(
    tags.c.id.label("of"),
    func.coalesce(_successors.c.id, tags.c.id).label("id"),
    func.coalesce(_successors.c.slug, tags.c.slug).label("slug"),
    func.coalesce(_successors.c.name, tags.c.name).label("name"),
).select_from(tags.outerjoin(_successors, _successors.c.id == tags.c.merged_into))


_has_live_posts = exists().where(live_tags.c.tag_id == func.coalesce(_successors.c.id, tags.c.id))
_TAG_OF_SLUG = Read(
    _TAGS.where(tags.c.slug == bindparam("slug")).add_columns(_has_live_posts.label("is_live"))
)
_TAGS_OF_IDS = Read(_TAGS.where(among(tags.c.id, "ids")))


async def find_tag(session: AsyncSession, slug: str) -> AnyRow | None:
    """The tag (`id`, `slug`, `name`) that this slug stands for now; `is_live` if it has posts."""
    return _only(await fetch(session, _TAG_OF_SLUG, slug=slug))


async def find_tags(session: AsyncSession, ids: Collection[UUID]) -> Sequence[AnyRow]:
    """The tags that these ids (`of`) stand for now; those that are gone are left out."""
    return await fetch(session, _TAGS_OF_IDS, ids=ids) if ids else ()


#: The most sitemaps that an index may name; a larger number in an address is nobody's.
MAX_PARTS = 50_000

_numbered = select(
    live.c.post_id,
    live.c.updated_at,
    (func.row_number(type_=Integer).over(order_by=live.c.post_id) - 1).label("place"),
).subquery()


async def sitemap_parts(session: AsyncSession, size: int) -> Sequence[AnyRow]:
    """The parts (`number` from 1, `changed_at`) that hold `size` live posts each, by their ids."""
    number = (_numbered.c.place // size + 1).label("number")
    changed_at = func.max(_numbered.c.updated_at).label("changed_at")
    return (
        await session.execute(select(number, changed_at).group_by(number).order_by(number))
    ).all()


async def sitemap_bounds(session: AsyncSession, size: int, number: int) -> Sequence[UUID]:
    """The first id of a part, and of the next one if there is one; nothing past the last."""
    if number > MAX_PARTS:
        return ()
    places = [literal(place, BigInteger) for place in ((number - 1) * size, number * size)]
    statement = select(_numbered.c.post_id).where(_numbered.c.place.in_(places))
    return (await session.execute(statement.order_by(_numbered.c.place))).scalars().all()


async def pages(
    session: AsyncSession, first: UUID | None = None, end: UUID | None = None
) -> Sequence[AnyRow]:
    """The live posts (`slug`, `updated_at`) by id, from `first` on, before `end`."""
    statement = select(live.c.slug, live.c.updated_at).order_by(live.c.post_id)
    if first is not None:
        statement = statement.where(live.c.post_id >= first)
    if end is not None:
        statement = statement.where(live.c.post_id < end)
    return (await session.execute(statement)).all()


_of_this_tag = live_tags.c.tag_id == tags.c.id
_COUNT = select(func.count()).select_from(live_tags).where(_of_this_tag).scalar_subquery()
TAG_SORTS = {"slug": Sort((tags.c.slug,)), "name": Sort((tags.c.name, tags.c.id))}
#: Tags of live posts. A tag of drafts alone stays unknown to readers, like the drafts.
LIVE_TAGS = select(tags.c.slug, tags.c.name, _COUNT.label("posts")).where(
    exists().where(_of_this_tag)
)

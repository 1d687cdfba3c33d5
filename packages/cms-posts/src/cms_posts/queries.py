"""Named reads and inserts that the services and routers share."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Executable, Insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from cms_core import Base
from cms_posts.content import WorkingCopy
from cms_posts.models import Post, PostRevision, PostTransition, Tag, TransitionState

#: Joins a post with its newest revision.
HEAD = (PostRevision.post_id == Post.id) & (PostRevision.number == Post.head)


async def insert_missing(
    session: AsyncSession, model: type[Base], rows: Sequence[Mapping[str, Any]]
) -> None:
    """Insert the rows that violate no unique constraint, and leave out the others.

    Waits for concurrent inserts of the same keys. Needs no savepoint: nothing fails. Compiled once
    for any number of rows.
    """
    if rows:
        await session.execute(_inserting(model, session.get_bind().dialect.name), rows)


async def insert_free(
    session: AsyncSession, model: type[Base], key: str, rows: Sequence[Mapping[str, Any]]
) -> set[Any]:
    """Insert rows as above, and return the `key`s of those inserted."""
    if not rows:
        return set()
    insert = _inserting(model, session.get_bind().dialect.name, key)
    return set((await session.execute(insert, rows)).scalars())


@cache
def _inserting(model: type[Base], dialect: str, key: str | None = None) -> Executable:
    # Of the table, not of the class: the ORM would look at each row.
    insert = (sqlite if dialect == "sqlite" else postgresql).insert(model.__table__)
    missing: Insert = insert.on_conflict_do_nothing()
    return missing if key is None else missing.returning(model.__table__.c[key])


async def locked_post(session: AsyncSession, post_id: UUID) -> Post | None:
    """The post, held against every other change until the transaction ends."""
    # Alone, without its revision: in a join, PostgreSQL would look for the new head among the
    # revisions that it saw before it waited, and find nothing.
    statement = select(Post).where(Post.id == post_id).with_for_update()
    fresh = statement.execution_options(populate_existing=True)
    return (await session.execute(fresh)).scalar_one_or_none()


async def lock_posts(session: AsyncSession, ids: Iterable[UUID]) -> Mapping[UUID, Post]:
    """Those of these posts that exist, held like one, by ascending id."""
    statement = select(Post).where(Post.id.in_(set(ids))).order_by(Post.id).with_for_update()
    fresh = statement.execution_options(populate_existing=True)
    return {post.id: post for post in (await session.execute(fresh)).scalars()}


async def find_revision(session: AsyncSession, post_id: UUID, number: int) -> PostRevision | None:
    """One revision of a post, with its body."""
    return await session.get(PostRevision, (post_id, number))


async def find_working_copy(session: AsyncSession, post_id: UUID) -> WorkingCopy | None:
    """A post and its newest revision."""
    statement = select(Post, PostRevision).join(PostRevision, HEAD).where(Post.id == post_id)
    row = (await session.execute(statement)).one_or_none()
    return None if row is None else WorkingCopy(*row)


async def head_of(session: AsyncSession, post: Post) -> PostRevision:
    """The newest revision of a post that exists."""
    return await session.get_one(PostRevision, (post.id, post.head))


async def find_transition(session: AsyncSession, post_id: UUID, id: UUID) -> PostTransition | None:
    """A planned transition of the post, in whatever state it is by now."""
    statement = select(PostTransition).where(
        PostTransition.id == id, PostTransition.post_id == post_id
    )
    fresh = statement.execution_options(populate_existing=True)
    return (await session.execute(fresh)).scalar_one_or_none()


async def open_transitions(
    session: AsyncSession, post_id: UUID, states: Collection[TransitionState]
) -> Sequence[PostTransition]:
    """The transitions of a post in these states, in the order of their instants."""
    of_post = select(PostTransition).where(PostTransition.post_id == post_id)
    found = of_post.where(PostTransition.state.in_(states)).order_by(
        PostTransition.due_at, PostTransition.id
    )
    fresh = found.execution_options(populate_existing=True)
    return (await session.execute(fresh)).scalars().all()


async def stale_wall_times(
    session: AsyncSession, rules: str, limit: int
) -> Sequence[tuple[UUID, UUID]]:
    """Planned transitions (id, post) whose instants were derived by older rules than these."""
    statement = (
        select(PostTransition.id, PostTransition.post_id)
        .where(PostTransition.try_at.is_not(None), PostTransition.zone_rules < rules)
        .order_by(PostTransition.id)
        .limit(limit)
    )
    return [(id, post_id) for id, post_id in await session.execute(statement)]


class Tags:
    """Some tags, and those that took their place."""

    def __init__(self, tags: Mapping[UUID, Tag]) -> None:
        self._tags = tags

    def of(self, ids: Iterable[UUID | str]) -> list[Tag]:
        """The tags that stand for these ids now, in this order, without those that are gone."""
        found = (self._tags.get(UUID(str(id))) for id in ids)
        return list(dict.fromkeys(self._survivor(tag) for tag in found if tag is not None))

    def named(self, slugs: Iterable[str]) -> list[Tag]:
        """The tags that stand for these slugs now, in this order."""
        by_slug = {tag.slug: tag for tag in self._tags.values()}
        found = (by_slug[slug] for slug in slugs if slug in by_slug)
        return list(dict.fromkeys(self._survivor(tag) for tag in found))

    def slugs(self) -> set[str]:
        """The slugs that were found."""
        return {tag.slug for tag in self._tags.values()}

    def _survivor(self, tag: Tag) -> Tag:
        while tag.merged_into is not None:
            tag = self._tags[tag.merged_into]
        return tag


async def load_tags(
    session: AsyncSession, ids: Iterable[UUID | str], *, lock: bool = False
) -> Tags:
    """The tags of these ids; `lock` holds them against renaming, merging and deletion."""
    wanted = {UUID(str(id)) for id in ids}
    return await _load_tags(session, Tag.id.in_(wanted), lock) if wanted else Tags({})


async def load_tags_named(session: AsyncSession, slugs: Iterable[str]) -> Tags:
    """The tags of these slugs, held against renaming, merging and deletion."""
    return await _load_tags(session, Tag.slug.in_(list(slugs)), lock=True)


async def _load_tags(session: AsyncSession, which: ColumnElement[bool], lock: bool) -> Tags:
    tags: dict[UUID, Tag] = {}
    while True:
        statement = select(Tag).where(which).execution_options(populate_existing=True)
        if lock:
            # By slug, whoever asks: two transactions that want the same tags must not deadlock.
            statement = statement.order_by(Tag.slug).with_for_update(read=True)
        tags |= {tag.id: tag for tag in (await session.execute(statement)).scalars()}
        missing = {tag.merged_into for tag in tags.values() if tag.merged_into} - tags.keys()
        if not missing:
            return Tags(tags)
        which = Tag.id.in_(missing)

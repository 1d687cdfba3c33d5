"""Named reads and inserts that the services and routers share."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple, cast
from uuid import UUID

from sqlalchemy import Table, bindparam, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from cms_core import Base, Read, Transaction, Write, among, fetch
from cms_posts.content import WorkingCopy
from cms_posts.entities import entity_of, known_entity
from cms_posts.models import Post, PostRevision, PostTransition, Tag, TransitionState

#: Joins a post with its newest revision.
HEAD = (PostRevision.post_id == Post.id) & (PostRevision.number == Post.head)


async def insert_missing(
    session: Transaction, model: type[Base], rows: Sequence[Mapping[str, Any]]
) -> None:
    """Insert the rows, of all columns, that violate no unique constraint; leave out the others.

    Waits for concurrent inserts of the same keys. Needs no savepoint: nothing fails.
    """
    await session.write(_missing(model), *rows)


@cache
def _missing(model: type[Base]) -> Write:
    # SQLite's compiler takes the clauses of PostgreSQL: it has the same.
    table = cast(Table, model.__table__)
    return Write(postgresql.insert(table).on_conflict_do_nothing(), table.c.keys())


async def insert_free(
    session: AsyncSession, model: type[Base], key: str, rows: Sequence[Mapping[str, Any]]
) -> set[Any]:
    """Insert rows as above, and return the `key`s of those inserted."""
    if not rows:
        return set()
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    insert = dialect.insert(model.__table__).on_conflict_do_nothing()
    found = await session.execute(insert.returning(model.__table__.c[key]), rows)
    return set(found.scalars())


_posts, _revisions = cast(Table, Post.__table__), cast(Table, PostRevision.__table__)

# Alone, without its revision: in a join, PostgreSQL would look for the new head among the revisions
# that it saw before it waited, and find nothing.
_LOCKED = Read(select(*_posts.c).where(_posts.c.id == bindparam("post")).with_for_update())


async def locked_post(session: Transaction, post_id: UUID) -> Post | None:
    """The post, held against every other change until the transaction ends."""
    rows = await fetch(session, _LOCKED, post=post_id)
    return entity_of(session, Post, rows[0]) if rows else None


async def lock_posts(session: AsyncSession, ids: Iterable[UUID]) -> Mapping[UUID, Post]:
    """Those of these posts that exist, held like one, by ascending id."""
    statement = select(Post).where(Post.id.in_(set(ids))).order_by(Post.id).with_for_update()
    fresh = statement.execution_options(populate_existing=True)
    return {post.id: post for post in (await session.execute(fresh)).scalars()}


_REVISION = Read(
    select(*_revisions.c).where(
        _revisions.c.post_id == bindparam("post"), _revisions.c.number == bindparam("revision")
    )
)


async def find_revision(session: AsyncSession, post_id: UUID, number: int) -> PostRevision | None:
    """One revision of a post, with its body; it never changes."""
    known = known_entity(session, PostRevision, post_id, number)
    if known is not None:
        return known
    rows = await fetch(session, _REVISION, post=post_id, revision=number)
    return entity_of(session, PostRevision, rows[0]) if rows else None


async def find_working_copy(session: AsyncSession, post_id: UUID) -> WorkingCopy | None:
    """A post and its newest revision."""
    statement = select(Post, PostRevision).join(PostRevision, HEAD).where(Post.id == post_id)
    row = (await session.execute(statement)).one_or_none()
    return None if row is None else WorkingCopy(*row)


async def head_of(session: AsyncSession, post: Post) -> PostRevision:
    """The newest revision of a post that exists."""
    head = await find_revision(session, post.id, post.head)
    assert head is not None, "each post has its newest revision"
    return head


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


class KnownTag(NamedTuple):
    """A tag as it is now."""

    id: UUID
    slug: str
    name: str
    merged_into: UUID | None


class Tags:
    """Some tags, and those that took their place."""

    def __init__(self, tags: Mapping[UUID, KnownTag]) -> None:
        self._tags = tags

    def of(self, ids: Iterable[UUID | str]) -> list[KnownTag]:
        """The tags that stand for these ids now, in this order, without those that are gone."""
        found = (self._tags.get(UUID(str(id))) for id in ids)
        return list(dict.fromkeys(self._survivor(tag) for tag in found if tag is not None))

    def named(self, slugs: Iterable[str]) -> list[KnownTag]:
        """The tags that stand for these slugs now, in this order."""
        by_slug = {tag.slug: tag for tag in self._tags.values()}
        found = (by_slug[slug] for slug in slugs if slug in by_slug)
        return list(dict.fromkeys(self._survivor(tag) for tag in found))

    def slugs(self) -> set[str]:
        """The slugs that were found."""
        return {tag.slug for tag in self._tags.values()}

    def _survivor(self, tag: KnownTag) -> KnownTag:
        while tag.merged_into is not None:
            tag = self._tags[tag.merged_into]
        return tag


_tag = Tag.__table__.c
_TAGS = select(*(_tag[name] for name in KnownTag._fields))
# By slug, whoever asks: two transactions that want the same tags must not deadlock.
_HELD = _TAGS.order_by(_tag.slug).with_for_update(read=True)
_BY_ID, _BY_SLUG = among(_tag.id, "wanted"), among(_tag.slug, "wanted")
_TAGS_BY_ID, _HELD_BY_ID = Read(_TAGS.where(_BY_ID)), Read(_HELD.where(_BY_ID))
_HELD_BY_SLUG = Read(_HELD.where(_BY_SLUG))


async def load_tags(
    session: AsyncSession, ids: Iterable[UUID | str], *, lock: bool = False
) -> Tags:
    """The tags of these ids; `lock` holds them against renaming, merging and deletion."""
    wanted = {UUID(str(id)) for id in ids}
    by_id = _HELD_BY_ID if lock else _TAGS_BY_ID
    return await _load_tags(session, by_id, wanted, by_id) if wanted else Tags({})


async def load_tags_named(session: AsyncSession, slugs: Iterable[str]) -> Tags:
    """The tags of these slugs, held against renaming, merging and deletion."""
    return await _load_tags(session, _HELD_BY_SLUG, set(slugs), _HELD_BY_ID)


async def _load_tags(session: AsyncSession, read: Read, wanted: set[Any], by_id: Read) -> Tags:
    tags: dict[UUID, KnownTag] = {}
    while True:
        tags |= {row.id: KnownTag(*row) for row in await fetch(session, read, wanted=wanted)}
        missing = {tag.merged_into for tag in tags.values() if tag.merged_into} - tags.keys()
        if not missing:
            return Tags(tags)
        read, wanted = by_id, missing

"""What readers see, changed for many posts at once: one post is a batch of one.

The number of statements does not grow with the number of posts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Row, Table, bindparam, delete, insert, select, update

from cms_core import Read, Transaction, Write, among, fetch
from cms_posts import scopes
from cms_posts.entities import amend, entity_of
from cms_posts.events import PostPublished, PostUnpublished
from cms_posts.models import (
    Post,
    PostRevision,
    PostSlug,
    PostState,
    PublishedPost,
    PublishedPostTag,
)
from cms_posts.queries import KnownTag, find_revision, insert_missing, load_tags
from cms_posts.references import announce_references

_live = cast(Table, PublishedPost.__table__)
_live_tags = cast(Table, PublishedPostTag.__table__)
_names, _contents = cast(Table, PostSlug.__table__), cast(Table, PostRevision.__table__)

_LIVE = Read(select(*_live.c).where(among(_live.c.post_id, "posts")))
_LIVE_TAGS = Read(
    select(_live_tags.c.post_id, _live_tags.c.tag_id).where(among(_live_tags.c.post_id, "posts"))
)
_REVISIONS = Read(
    select(*_contents.c).where(
        among(_contents.c.post_id, "posts"), among(_contents.c.number, "numbers")
    )
)
_NAMES = Read(select(_names.c.slug).where(among(_names.c.post_id, "posts"), _names.c.was_live))

# Their tags go with them, by the foreign key.
_REMOVE = Write(delete(_live).where(among(_live.c.post_id, "posts")))
_INSERT = Write(insert(_live), _live.c.keys())
# Prefixed: SQLAlchemy keeps the plain names of columns for itself.
_UPDATE = Write(
    update(_live)
    .where(_live.c.post_id == bindparam("_post_id"))
    .values({name: bindparam(f"_{name}") for name in ("revision", "slug", "title", "author_id")})
    .values(updated_at=bindparam("_updated_at"))
)
_KNOW = Write(
    update(_names)
    .where(among(_names.c.slug, "named"), _names.c.was_live.is_(False))
    .values(was_live=True)
)
_UNTAG = Write(
    delete(_live_tags).where(
        _live_tags.c.tag_id == bindparam("tag"), _live_tags.c.post_id == bindparam("post")
    )
)


@dataclass(frozen=True, slots=True)
class LiveChange:
    """A post, held locked, and what readers shall see of it: a revision, or nothing for None.

    `at` is the instant from which they see it, `by` whoever decided it.
    """

    post: Post
    revision: int | None
    at: datetime
    by: UUID

    @property
    def is_needed(self) -> bool:
        """Whether readers see something else now."""
        return self.post.published_revision != self.revision


async def change_live(session: Transaction, changes: Sequence[LiveChange]) -> None:
    """Change what readers see of these posts, each of them once; what they see already stays."""
    steps = await _steps(session, [change for change in changes if change.is_needed])
    await _remove(session, [step for step in steps if step.after is None])
    await _show(session, [step for step in steps if step.after is not None])
    await _touch_names(session, [step for step in steps if step.renames])
    await amend(session, *((step.change.post, step.state()) for step in steps))
    for step in steps:
        _touch(session, step)
        _tell(session, step)


@dataclass(slots=True)
class _Step:
    """One change with all that it needs to know."""

    change: LiveChange
    #: The row of `published_posts`.
    live: Row[Any] | None
    before: PostRevision | None
    after: PostRevision | None
    old_tags: list[KnownTag]
    new_tags: list[KnownTag]

    @property
    def post_id(self) -> UUID:
        return self.change.post.id

    @property
    def renames(self) -> bool:
        """Whether the post appears, disappears, or has another name."""
        return self.live is None or self.after is None or self.live.slug != self.after.slug

    @property
    def published_at(self) -> datetime:
        """Becoming live sets the date; another revision keeps it."""
        return self.change.at if self.live is None else cast(datetime, self.live.published_at)

    def row(self) -> dict[str, Any]:
        """The row that readers are to see."""
        after = cast(PostRevision, self.after)
        return {
            "post_id": self.post_id,
            "revision": after.number,
            "slug": after.slug,
            "title": after.title,
            "author_id": after.author_id,
            "published_at": self.published_at,
            "updated_at": self.change.at,
        }

    def state(self) -> dict[str, Any]:
        """What is noted on the post."""
        post, live = self.change.post, self.after is not None
        first = post.first_published_at or (self.published_at if live else None)
        return {
            "published_revision": self.change.revision,
            "state": PostState.PUBLISHED if live else PostState.UNPUBLISHED,
            "published_at": self.published_at if live else post.published_at,
            "first_published_at": first,
            **post.change(self.change.at),
        }


async def _steps(session: Transaction, changes: Sequence[LiveChange]) -> list[_Step]:
    if not changes:
        return []
    live = await _live_rows(session, changes)
    tag_ids = await _live_tag_ids(session, live)
    wanted = [(each.post.id, each.revision) for each in changes if each.revision is not None]
    revisions = await _revisions(
        session, [*((row.post_id, row.revision) for row in live.values()), *wanted]
    )
    pinned = [id for key in wanted for id in revisions[key].tags]
    shown = [id for ids in tag_ids.values() for id in ids]
    tags = await load_tags(session, [*shown, *pinned], lock=True)
    steps = []
    for change in changes:
        row = live.get(change.post.id)
        before = None if row is None else revisions[row.post_id, row.revision]
        after = None if change.revision is None else revisions[change.post.id, change.revision]
        old = tags.of(tag_ids.get(change.post.id, ()))
        new = [] if after is None else tags.of(after.tags)
        steps.append(_Step(change, row, before, after, old, new))
    return steps


async def _live_rows(
    session: Transaction, changes: Iterable[LiveChange]
) -> Mapping[UUID, Row[Any]]:
    ids = [each.post.id for each in changes if each.post.published_revision is not None]
    rows = await fetch(session, _LIVE, posts=ids) if ids else ()
    return {row.post_id: row for row in rows}


async def _live_tag_ids(
    session: Transaction, live: Collection[UUID]
) -> Mapping[UUID, Sequence[UUID]]:
    found: dict[UUID, list[UUID]] = {}
    if live:
        for row in await fetch(session, _LIVE_TAGS, posts=live):
            found.setdefault(row.post_id, []).append(row.tag_id)
    return found


async def _revisions(
    session: Transaction, keys: Collection[tuple[UUID, int]]
) -> Mapping[tuple[UUID, int], PostRevision]:
    if len(keys) == 1:
        ((post_id, number),) = keys
        only = await find_revision(session, post_id, number)
        return {} if only is None else {(post_id, number): only}
    # Numbers of one post that only another asks for are read too: cheaper than pairs as parameters.
    ids, numbers = {id for id, _ in keys}, {number for _, number in keys}
    rows = await fetch(session, _REVISIONS, posts=ids, numbers=numbers)
    found = (entity_of(session, PostRevision, row) for row in rows)
    return {(each.post_id, each.number): each for each in found}


async def _remove(session: Transaction, steps: Sequence[_Step]) -> None:
    if steps:
        await session.write(_REMOVE, {"posts": [step.post_id for step in steps]})


async def _show(session: Transaction, steps: Sequence[_Step]) -> None:
    new = [step.row() for step in steps if step.live is None]
    changed = [
        {f"_{name}": value for name, value in step.row().items()}
        for step in steps
        if step.live is not None
    ]
    await session.write(_INSERT, *new)
    await session.write(_UPDATE, *changed)
    await _tag(session, steps)
    named = [step.row()["slug"] for step in steps if step.renames]
    if named:
        await session.write(_KNOW, {"named": named})


async def _tag(session: Transaction, steps: Sequence[_Step]) -> None:
    removed = [
        {"tag": tag.id, "post": step.post_id}
        for step in steps
        for tag in step.old_tags
        if tag not in step.new_tags
    ]
    added = [
        {"tag_id": tag.id, "post_id": step.post_id, "published_at": step.published_at}
        for step in steps
        for tag in step.new_tags
        if tag not in step.old_tags
    ]
    await session.write(_UNTAG, *removed)
    added.sort(key=lambda row: (row["tag_id"], row["post_id"]))
    await insert_missing(session, PublishedPostTag, added)


async def _touch_names(session: Transaction, steps: Sequence[_Step]) -> None:
    """The answers under all names change: what was 404 is there, a former name leads elsewhere."""
    ids = [step.post_id for step in steps]
    if not ids:
        return
    rows = await fetch(session, _NAMES, posts=ids)
    session.touch(*(scopes.of_post(row.slug) for row in rows))


def _touch(session: Transaction, step: _Step) -> None:
    """Every list that shows the post: its items tell title, excerpt and the time of the change."""
    session.touch(scopes.of_post(step.post_id))
    if step.live is not None:
        shown = [tag.slug for tag in step.old_tags]
        session.touch(scopes.of_post(step.live.slug))
        session.touch(*scopes.of_lists(step.live.author_id, step.live.published_at, shown))
    if step.after is not None:
        slugs = [tag.slug for tag in step.new_tags]
        session.touch(scopes.of_post(step.after.slug))
        session.touch(*scopes.of_lists(step.after.author_id, step.published_at, slugs))
    # Which tags have posts, and how many, changes with the tags of live posts alone.
    if set(step.old_tags) != set(step.new_tags):
        session.touch(scopes.TAGS)


def _tell(session: Transaction, step: _Step) -> None:
    by = step.change.by
    if step.after is not None:
        number, slug = step.after.number, step.after.slug
        session.emit(PostPublished(step.post_id, by, number, slug, step.published_at))
    elif step.live is not None:
        session.emit(PostUnpublished(step.post_id, by, step.live.slug))
    announce_references(session, step.post_id, step.before, step.after, published=True)

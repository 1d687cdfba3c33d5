"""What readers see, changed for many posts at once: one post is a batch of one.

The number of statements does not grow with the number of posts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Row, Table, bindparam, delete, insert, select, tuple_, update

from cms_core import Transaction
from cms_posts import scopes
from cms_posts.events import PostPublished, PostUnpublished
from cms_posts.models import (
    Post,
    PostRevision,
    PostSlug,
    PostState,
    PublishedPost,
    PublishedPostTag,
    Tag,
)
from cms_posts.queries import insert_free, load_tags
from cms_posts.references import announce_references

_live = cast(Table, PublishedPost.__table__)
_live_tags = PublishedPostTag.__table__


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
    for step in steps:
        _touch(session, step)
        step.mark()
        _tell(session, step)
    await session.flush()


@dataclass(slots=True)
class _Step:
    """One change with all that it needs to know."""

    change: LiveChange
    #: The row of `published_posts`.
    live: Row[Any] | None
    before: PostRevision | None
    after: PostRevision | None
    old_tags: list[Tag]
    new_tags: list[Tag]

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

    def mark(self) -> None:
        """Note on the post what has become of it."""
        post = self.change.post
        post.published_revision = self.change.revision
        if self.after is None:
            post.state = PostState.UNPUBLISHED
        else:
            post.state = PostState.PUBLISHED
            post.published_at = self.published_at
            post.first_published_at = post.first_published_at or self.published_at
        post.mark_changed(self.change.at)


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
    if not ids:
        return {}
    rows = await session.execute(select(*_live.c).where(_live.c.post_id.in_(ids)))
    return {row.post_id: row for row in rows}


async def _live_tag_ids(
    session: Transaction, live: Collection[UUID]
) -> Mapping[UUID, Sequence[UUID]]:
    found: dict[UUID, list[UUID]] = {}
    if live:
        links = select(_live_tags.c.post_id, _live_tags.c.tag_id)
        for post_id, tag_id in await session.execute(links.where(_live_tags.c.post_id.in_(live))):
            found.setdefault(post_id, []).append(tag_id)
    return found


async def _revisions(
    session: Transaction, keys: Collection[tuple[UUID, int]]
) -> Mapping[tuple[UUID, int], PostRevision]:
    key = tuple_(PostRevision.post_id, PostRevision.number)
    found = await session.scalars(select(PostRevision).where(key.in_(keys)))
    return {(each.post_id, each.number): each for each in found}


async def _remove(session: Transaction, steps: Sequence[_Step]) -> None:
    if steps:
        # Their tags go with them, by the foreign key.
        ids = [step.post_id for step in steps]
        await session.execute(delete(_live).where(_live.c.post_id.in_(ids)))


_UPDATE = (
    update(_live)
    .where(_live.c.post_id == bindparam("_id"))
    .values({name: bindparam(f"_{name}") for name in ("revision", "slug", "title", "author_id")})
    .values(updated_at=bindparam("_updated_at"))
)


async def _show(session: Transaction, steps: Sequence[_Step]) -> None:
    new = [step.row() for step in steps if step.live is None]
    # Prefixed: SQLAlchemy keeps the plain names of columns for itself.
    changed = [
        {f"_{name}": value for name, value in step.row().items()} | {"_id": step.post_id}
        for step in steps
        if step.live is not None
    ]
    if new:
        await session.execute(insert(_live), new)
    if changed:
        await session.execute(_UPDATE, changed)
    await _tag(session, steps)
    named = [step.row()["slug"] for step in steps if step.renames]
    if named:
        known = update(PostSlug).where(PostSlug.slug.in_(named), PostSlug.was_live.is_(False))
        await session.execute(known.values(was_live=True))


async def _tag(session: Transaction, steps: Sequence[_Step]) -> None:
    removed = [
        (tag.id, step.post_id)
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
    if removed:
        link = tuple_(PublishedPostTag.tag_id, PublishedPostTag.post_id)
        await session.execute(delete(PublishedPostTag).where(link.in_(removed)))
    if added:
        added.sort(key=lambda row: (row["tag_id"], row["post_id"]))
        await insert_free(session, PublishedPostTag, "post_id", added)


async def _touch_names(session: Transaction, steps: Sequence[_Step]) -> None:
    """The answers under all names change: what was 404 is there, a former name leads elsewhere."""
    ids = [step.post_id for step in steps]
    if not ids:
        return
    names = select(PostSlug.slug).where(PostSlug.post_id.in_(ids), PostSlug.was_live)
    session.touch(*map(scopes.of_post, (await session.execute(names)).scalars()))


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

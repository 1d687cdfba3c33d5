"""Whole posts, with their history, dates and ids, stored many at once: what imports are made of.

Every rule that holds for posts written one by one holds here: a name belongs to one post, readers
see exactly what is live, scopes are renewed and each post is announced by its own events.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Table, insert, update

from cms_core import Base, Transaction, new_id
from cms_posts import scopes
from cms_posts.errors import SlugTaken
from cms_posts.events import PostCreated, PostPublished, PostScheduled
from cms_posts.models import (
    BodyFormat,
    Post,
    PostRevision,
    PostSlug,
    PostState,
    PostTag,
    PostTransition,
    PublishedPost,
    PublishedPostTag,
    TransitionAction,
)
from cms_posts.queries import Tags, insert_free
from cms_posts.references import announce_references
from cms_posts.service.tagging import tags_with_slugs
from cms_posts.slugs import candidates


@dataclass(frozen=True, slots=True)
class WholeRevision:
    """One saved state of a post, rendered already; `tags` are names by slug, in their order."""

    title: str
    slug: str
    language: str
    author_id: UUID
    created_by: UUID
    created_at: datetime
    body: str = ""
    body_html: str = ""
    body_format: BodyFormat = BodyFormat.MARKDOWN
    excerpt: str = ""
    note: str = ""
    cover_id: UUID | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    seo: Mapping[str, Any] = field(default_factory=dict)
    extensions: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class WholeTransition:
    """A transition to come; of a wall time, `zone_rules` name the rules that gave its instant."""

    action: TransitionAction
    due_at: datetime
    #: The revision to publish; None for a taking down.
    revision: int | None = None
    local: str | None = None
    time_zone: str | None = None
    zone_rules: str | None = None


@dataclass(frozen=True, slots=True)
class WholePost:
    """A post with all its revisions, the oldest first, numbered from 1.

    Live exactly when `published_revision` is set; then `published_at` is set too.
    """

    id: UUID
    state: PostState
    revisions: Sequence[WholeRevision]
    created_at: datetime
    updated_at: datetime
    version: int = 1
    published_revision: int | None = None
    published_at: datetime | None = None
    first_published_at: datetime | None = None
    #: When what readers see last changed; None: when it was published.
    shown_at: datetime | None = None
    trashed_at: datetime | None = None
    #: Names that the post had in public beside the one it has now.
    former_slugs: frozenset[str] = frozenset()
    #: Whether the slug of a post with one revision may get a suffix where another post has it.
    renamable: bool = False
    #: What is to happen to it; one whose instant has passed is applied at once.
    plan: Sequence[WholeTransition] = ()

    @property
    def head(self) -> WholeRevision:
        """The newest revision."""
        return self.revisions[-1]

    @property
    def shown(self) -> WholeRevision | None:
        """The revision that readers see."""
        number = self.published_revision
        return None if number is None else self.revisions[number - 1]


async def store_posts(
    session: Transaction, posts: Sequence[WholePost], *, by: UUID
) -> Mapping[UUID, str]:
    """Store the posts whose ids are free, and return the slug that each of these has got.

    Raises `SlugTaken` when a slug of one that is not `renamable` belongs to another post.
    """
    new = await _insert_posts(session, posts)
    new = await _named(session, new)
    tags = await _tags(session, new)
    await _insert_revisions(session, new, tags)
    await _show(session, new, tags)
    await _plan(session, new, by)
    _announce(session, new, by)
    return {post.id: post.head.slug for post in new}


async def _insert_posts(session: Transaction, posts: Sequence[WholePost]) -> list[WholePost]:
    """Insert the rows that everything else hangs on; an id that is taken stays as it is."""
    rows = [_post_row(post) for post in posts]
    new = await insert_free(session, Post, "id", rows)
    return [post for post in posts if post.id in new]


async def _named(session: Transaction, posts: Sequence[WholePost]) -> list[WholePost]:
    """Reserve every name of the posts, and return them with those that they have got."""
    fixed = [post for post in posts if not post.renamable]
    names = [(slug, post.id) for post in fixed for slug in sorted(_all_slugs(post))]
    public = {slug for post in fixed for slug in _public_slugs(post)}
    free = await _reserve(session, dict(names), public)
    for slug, _ in names:
        if slug not in free:
            raise SlugTaken(f"Another post has or had the slug {slug!r}.")
        free.discard(slug)  # the same name in two of these posts belongs to one of them
    given = await _suffixed(session, [post for post in posts if post.renamable])
    return [await _rename(session, post, given.get(post.id, post.head.slug)) for post in posts]


async def _rename(session: Transaction, post: WholePost, slug: str) -> WholePost:
    if slug == post.head.slug:
        return post
    await session.execute(update(Post).where(Post.id == post.id).values(slug=slug))
    return replace(post, revisions=[replace(post.head, slug=slug)])


async def _suffixed(session: Transaction, posts: Sequence[WholePost]) -> dict[UUID, str]:
    """Give each post its slug, or the first free one with a suffix, all of a round at once."""
    choices = {post.id: candidates(post.head.slug) for post in posts}
    live = {post.id for post in posts if post.shown}
    given: dict[UUID, str] = {}
    while waiting := [id for id in choices if id not in given]:
        wanted: dict[str, UUID] = {}
        for id in waiting:
            wanted.setdefault(next(choices[id]), id)
        readable = {slug for slug, id in wanted.items() if id in live}
        reserved = await _reserve(session, wanted, readable)
        given |= {wanted[slug]: slug for slug in reserved}
    return given


async def _reserve(session: Transaction, names: Mapping[str, UUID], public: set[str]) -> set[str]:
    """Reserve names for posts, and return those that were free."""
    # Sorted: two imports that want the same names must not wait for each other.
    rows = [
        {"slug": slug, "post_id": id, "was_live": slug in public}
        for slug, id in sorted(names.items())
    ]
    return await insert_free(session, PostSlug, "slug", rows)


async def _tags(session: Transaction, posts: Sequence[WholePost]) -> Tags:
    """The tags of all revisions, locked; new ones are made."""
    revisions = [revision for post in posts for revision in post.revisions]
    names = {slug: name for each in revisions for slug, name in each.tags.items()}
    return await tags_with_slugs(session, names)


async def _insert_revisions(session: Transaction, posts: Sequence[WholePost], tags: Tags) -> None:
    rows = [
        _revision_row(post.id, number, revision, tags)
        for post in posts
        for number, revision in enumerate(post.revisions, start=1)
    ]
    links = [
        {"tag_id": tag.id, "post_id": post.id}
        for post in posts
        for tag in tags.named(post.head.tags)
    ]
    await _insert(session, PostRevision, rows)
    await _insert(session, PostTag, links)


async def _show(session: Transaction, posts: Sequence[WholePost], tags: Tags) -> None:
    """Make the live ones live, and renew the scopes of every answer that they are part of."""
    rows, links = [], []
    for post in posts:
        row = _live_row(post)
        if row is None or post.shown is None:
            continue
        rows.append(row)
        common = {"post_id": post.id, "published_at": row["published_at"]}
        present = tags.named(post.shown.tags)
        links += [{"tag_id": tag.id, **common} for tag in present]
        names: list[UUID | str] = [post.id, post.shown.slug, *post.former_slugs]
        session.touch(*map(scopes.of_post, names), *([scopes.TAGS] if present else []))
        slugs = [tag.slug for tag in present]
        session.touch(*scopes.of_lists(post.shown.author_id, row["published_at"], slugs))
    await _insert(session, PublishedPost, rows)
    await _insert(session, PublishedPostTag, links)


async def _plan(session: Transaction, posts: Sequence[WholePost], by: UUID) -> None:
    now = await session.now()
    rows = []
    for post in posts:
        for each in post.plan:
            id, action = new_id(), each.action.value
            row = {field.name: getattr(each, field.name) for field in fields(each)}
            row |= {"id": id, "post_id": post.id, "created_by": by, "created_at": now}
            rows.append({**row, "try_at": each.due_at})
            session.emit(PostScheduled(post.id, by, id, action, each.revision, each.due_at))
    await _insert(session, PostTransition, rows)


async def _insert(session: Transaction, model: type[Base], rows: list[dict[str, Any]]) -> None:
    if rows:
        await session.execute(insert(cast(Table, model.__table__)), rows)


def _announce(session: Transaction, posts: Sequence[WholePost], by: UUID) -> None:
    for post in posts:
        session.emit(PostCreated(post.id, by))
        announce_references(session, post.id, None, post.head, published=False)
        shown, number, since = post.shown, post.published_revision, post.published_at
        if shown is not None and number is not None and since is not None:
            session.emit(PostPublished(post.id, by, number, shown.slug, since))
            announce_references(session, post.id, None, shown, published=True)


def _all_slugs(post: WholePost) -> set[str]:
    return {revision.slug for revision in post.revisions} | post.former_slugs


def _public_slugs(post: WholePost) -> set[str]:
    return {*post.former_slugs, *({post.shown.slug} if post.shown else ())}


def _post_row(post: WholePost) -> dict[str, Any]:
    columns = ("id", "version", "state", "published_revision", "created_at", "updated_at")
    times = ("published_at", "first_published_at", "trashed_at")
    head = {name: getattr(post.head, name) for name in ("title", "slug", "author_id")}
    own = {name: getattr(post, name) for name in (*columns, *times)}
    return {**own, **head, "head": len(post.revisions)}


def _revision_row(
    post_id: UUID, number: int, revision: WholeRevision, tags: Tags
) -> dict[str, Any]:
    row = {each.name: getattr(revision, each.name) for each in fields(revision)}
    row["tags"] = [str(tag.id) for tag in tags.named(revision.tags)]
    row["seo"], row["extensions"] = dict(revision.seo), dict(revision.extensions)
    return {**row, "post_id": post_id, "number": number}


def _live_row(post: WholePost) -> dict[str, Any] | None:
    if post.shown is None or post.published_at is None:
        return None
    shown = {name: getattr(post.shown, name) for name in ("slug", "title", "author_id")}
    return {
        **shown,
        "post_id": post.id,
        "revision": post.published_revision,
        "published_at": post.published_at,
        "updated_at": post.shown_at or post.published_at,
    }

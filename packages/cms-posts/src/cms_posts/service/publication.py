"""What readers see: publishing pins a revision, taking down removes it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select, update

from cms_core import ANY_VERSION, Precondition, Principal, Transaction
from cms_posts import scopes
from cms_posts.errors import UnknownRevision
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
from cms_posts.queries import find_revision, insert_missing, load_tags
from cms_posts.references import announce_references
from cms_posts.service.access import lock_to_publish, not_in_trash
from cms_posts.service.drafts import mark_changed


async def publish_post(
    session: Transaction,
    post_id: UUID,
    *,
    by: Principal,
    now: datetime,
    revision: int | None = None,
    precondition: Precondition = ANY_VERSION,
) -> Post:
    """Let readers see the working copy, or the revision of that number; once more changes nothing.

    Raises `PostNotFound`, `Forbidden`, `PreconditionFailed`, `PostInTrash` or `UnknownRevision`.
    """
    post = await lock_to_publish(session, post_id, by, precondition)
    not_in_trash(post)
    if post.published_revision == (revision or post.head):
        return post
    pinned = await find_revision(session, post_id, revision or post.head)
    if pinned is None:
        raise UnknownRevision.at("/revision", f"1 to {post.head}")
    live = await _live(session, post)
    before = await find_revision(session, post_id, live.revision) if live else None
    if live is None:
        post.published_at = now
        post.first_published_at = post.first_published_at or now
    post.state, post.published_revision = PostState.PUBLISHED, pinned.number
    mark_changed(post, now)
    shown = await _show(session, post, live, pinned, now)
    session.emit(PostPublished(post.id, by.id, pinned.number, pinned.slug, shown.published_at))
    announce_references(session, post.id, before, pinned, published=True)
    return post


async def unpublish_post(
    session: Transaction,
    post_id: UUID,
    *,
    by: Principal,
    now: datetime,
    precondition: Precondition = ANY_VERSION,
) -> Post:
    """Take the post down; one that readers do not see stays as it is.

    Raises `PostNotFound`, `Forbidden`, `PreconditionFailed` or `PostInTrash`.
    """
    post = await lock_to_publish(session, post_id, by, precondition)
    not_in_trash(post)
    if post.published_revision is not None:
        await take_down(session, post, by)
        mark_changed(post, now)
        await session.flush()
    return post


async def take_down(session: Transaction, post: Post, by: Principal) -> None:
    """Remove a live post, held locked, from what readers see."""
    live = await session.get_one(PublishedPost, post.id, populate_existing=True)
    shown = await find_revision(session, post.id, live.revision)
    ids = await _live_tag_ids(session, live)
    tags = (await load_tags(session, ids, lock=True)).of(ids)
    _touch_lists(session, live, tags)
    _touch_tags(session, tags)
    await _touch_names(session, post)
    # Its tags go with it, by the foreign key.
    await session.delete(live)
    post.state, post.published_revision = PostState.UNPUBLISHED, None
    session.emit(PostUnpublished(post.id, by.id, live.slug))
    announce_references(session, post.id, shown, None, published=True)


async def _live(session: Transaction, post: Post) -> PublishedPost | None:
    if post.published_revision is None:
        return None
    return await session.get_one(PublishedPost, post.id, populate_existing=True)


async def _show(
    session: Transaction,
    post: Post,
    live: PublishedPost | None,
    pinned: PostRevision,
    now: datetime,
) -> PublishedPost:
    """Put the revision in place of the one that readers see, or of none."""
    old_ids = await _live_tag_ids(session, live) if live else []
    tags = await load_tags(session, [*old_ids, *pinned.tags], lock=True)
    old, new = tags.of(old_ids), tags.of(pinned.tags)
    renamed = live is None or live.slug != pinned.slug
    if live is None:
        live = PublishedPost(post_id=post.id, published_at=now)
        session.add(live)
    else:
        _touch_lists(session, live, old)
    live.revision, live.slug, live.title = pinned.number, pinned.slug, pinned.title
    live.author_id, live.updated_at = pinned.author_id, now
    await session.flush()
    await _tag_live(session, live, old, new)
    _touch_lists(session, live, new)
    _touch_tags(session, set(old) ^ set(new))
    session.touch(scopes.of_post(post.id), scopes.of_post(live.slug))
    if renamed:
        await _mark_live_name(session, live.slug)
        await _touch_names(session, post)
    return live


async def _tag_live(
    session: Transaction, live: PublishedPost, old: list[Tag], new: list[Tag]
) -> None:
    removed = [tag.id for tag in old if tag not in new]
    if removed:
        of_post = PublishedPostTag.post_id == live.post_id
        gone = delete(PublishedPostTag).where(of_post, PublishedPostTag.tag_id.in_(removed))
        await session.execute(gone)
    added = sorted(tag.id for tag in new if tag not in old)
    if added:
        common = {"post_id": live.post_id, "published_at": live.published_at}
        rows = [{"tag_id": tag_id, **common} for tag_id in added]
        await session.execute(insert_missing(session, PublishedPostTag, rows))


async def _live_tag_ids(session: Transaction, live: PublishedPost) -> list[UUID]:
    ids = select(PublishedPostTag.tag_id).where(PublishedPostTag.post_id == live.post_id)
    return list((await session.execute(ids)).scalars())


async def _mark_live_name(session: Transaction, slug: str) -> None:
    await session.execute(update(PostSlug).where(PostSlug.slug == slug).values(was_live=True))


async def _touch_names(session: Transaction, post: Post) -> None:
    """The answers under all names change: what was 404 is there, a former name leads elsewhere."""
    names = select(PostSlug.slug).where(PostSlug.post_id == post.id, PostSlug.was_live)
    for name in (await session.execute(names)).scalars():
        session.touch(scopes.of_post(name))
    session.touch(scopes.of_post(post.id))


def _touch_lists(session: Transaction, live: PublishedPost, tags: Iterable[Tag]) -> None:
    """Every list that shows the post: its items tell title, excerpt and the time of the change."""
    slugs = [tag.slug for tag in tags]
    session.touch(*scopes.of_lists(live.author_id, live.published_at, slugs))


def _touch_tags(session: Transaction, changed: Collection[Tag]) -> None:
    """Which tags have posts, and how many, changes with the tags of live posts alone."""
    if changed:
        session.touch(scopes.TAGS)

"""Saving: each save that changes something makes a new revision, and readers see none of it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from cms_core import ANY_VERSION, Precondition, Principal, Transaction, new_id
from cms_posts.content import PostChanges, PostContent, WorkingCopy
from cms_posts.entities import amend, store
from cms_posts.events import PostCreated, PostEdited
from cms_posts.models import BodyFormat, Post, PostRevision, PostState
from cms_posts.permissions import WRITE_ANY
from cms_posts.queries import head_of
from cms_posts.references import announce_references
from cms_posts.rendering import render
from cms_posts.service.access import lock_to_edit, not_in_trash
from cms_posts.service.naming import make_slug, reserve_slug
from cms_posts.service.tagging import add_post_tags, ids_of, set_post_tags, tags_named
from cms_posts.slugs import slugify

#: What makes two revisions different; the note does not.
CONTENT = (
    "title",
    "slug",
    "excerpt",
    "body",
    "body_format",
    "language",
    "author_id",
    "cover_id",
    "tags",
    "seo",
    "extensions",
)


async def create_post(
    session: Transaction, content: PostContent, *, by: Principal, now: datetime
) -> WorkingCopy:
    """Create a draft.

    Raises `SlugTaken` for an explicit slug of another post, `Forbidden` when the author is to be
    somebody else and `by` lacks ``posts:write-any``.
    """
    author_id = _author(content.author_id, by)
    # Before anything is locked: a long body takes its time.
    html = await _rendered(content.body, content.body_format)
    post = await _insert_post(session, content, author_id, now)
    tags = await tags_named(session, content.tags)
    await add_post_tags(session, post.id, [tag.id for tag in tags])
    same = ("title", "excerpt", "body", "body_format", "language", "cover_id")
    fields = {name: getattr(content, name) for name in same} | {
        "slug": post.slug,
        "body_html": html,
        "author_id": author_id,
        "tags": [str(tag.id) for tag in tags],
        "seo": dict(content.seo),
        "extensions": dict(content.extensions),
    }
    head = await _add_revision(session, post, 1, fields, content.note, by, now)
    session.emit(PostCreated(post.id, by.id))
    announce_references(session, post.id, None, head, published=False)
    return WorkingCopy(post, head)


async def edit_post(
    session: Transaction,
    post_id: UUID,
    changes: PostChanges,
    *,
    by: Principal,
    now: datetime,
    precondition: Precondition = ANY_VERSION,
) -> WorkingCopy:
    """Change the working copy; changes that change nothing make no revision.

    Raises `PostNotFound`, `Forbidden`, `PreconditionFailed`, `PostInTrash` or `SlugTaken`.
    """
    post = await lock_to_edit(session, post_id, by, precondition)
    not_in_trash(post)
    head = await head_of(session, post)
    fields = await _resolved(session, post, head, changes, by)
    return await save_revision(session, post, head, fields, changes.get("note", ""), by, now)


async def save_revision(
    session: Transaction,
    post: Post,
    head: PostRevision,
    fields: Mapping[str, Any],
    note: str,
    by: Principal,
    now: datetime,
) -> WorkingCopy:
    """Write the next revision of a post held locked, if `fields` differ from its head.

    Slugs are reserved and tags held locked already.
    """
    old = {name: getattr(head, name) for name in CONTENT}
    new = {**old, **fields}
    if all(new[name] == value for name, value in old.items()):
        return WorkingCopy(post, head)
    fields, number = {"body_html": head.body_html, **new}, post.head + 1
    revision = await _add_revision(session, post, number, fields, note, by, now)
    if new["tags"] != old["tags"]:
        await set_post_tags(session, post.id, [UUID(id) for id in new["tags"]])
    shown = {name: getattr(revision, name) for name in ("title", "slug", "author_id")}
    await amend(session, (post, {"head": number, **shown, **post.change(now)}))
    session.emit(PostEdited(post.id, by.id, revision.number))
    announce_references(session, post.id, head, revision, published=False)
    return WorkingCopy(post, revision)


async def _insert_post(
    session: Transaction, content: PostContent, author_id: UUID, now: datetime
) -> Post:
    """Insert the row that everything else hangs on, then find it a name."""
    post = Post(
        id=new_id(),
        version=1,
        state=PostState.DRAFT,
        head=1,
        title=content.title,
        slug=content.slug or slugify(content.title),
        author_id=author_id,
        created_at=now,
        updated_at=now,
        published_revision=None,
        published_at=None,
        first_published_at=None,
        trashed_at=None,
    )
    await store(session, post)
    slug = await _name(session, post.id, content.slug, content.title)
    if slug != post.slug:
        await amend(session, (post, {"slug": slug}))
    return post


async def _add_revision(
    session: Transaction,
    post: Post,
    number: int,
    fields: Mapping[str, Any],
    note: str,
    by: Principal,
    now: datetime,
) -> PostRevision:
    saved = {"number": number, "created_at": now, "created_by": by.id, "note": note}
    return await store(session, PostRevision(post_id=post.id, **saved, **fields))


async def _resolved(
    session: Transaction, post: Post, head: PostRevision, changes: PostChanges, by: Principal
) -> dict[str, Any]:
    """The changed columns of the next revision."""
    fields: dict[str, Any] = {name: value for name, value in changes.items() if name in CONTENT}
    body = changes.get("body", head.body)
    body_format = changes.get("body_format", head.body_format)
    if (body, body_format) != (head.body, head.body_format):
        fields["body_html"] = await _rendered(body, body_format)
    if "author_id" in changes and changes["author_id"] != head.author_id:
        by.must(WRITE_ANY)
    if "slug" in changes:
        title = changes.get("title", head.title)
        fields["slug"] = await _name(session, post.id, changes["slug"], title)
    if "tags" in changes:
        fields["tags"] = await ids_of(session, await tags_named(session, changes["tags"]), head)
    if "extensions" in changes:
        parts = {**head.extensions, **changes["extensions"]}
        fields["extensions"] = {plugin: part for plugin, part in parts.items() if part is not None}
    return fields


async def _rendered(body: str, body_format: str) -> str:
    return await asyncio.to_thread(render, body, BodyFormat(body_format))


async def _name(session: Transaction, post_id: UUID, slug: str | None, title: str) -> str:
    if slug is None:
        return await make_slug(session, post_id, title)
    return await reserve_slug(session, post_id, slug)


def _author(author_id: UUID | None, by: Principal) -> UUID:
    if author_id is None or author_id == by.id:
        return by.id
    by.must(WRITE_ANY)
    return author_id

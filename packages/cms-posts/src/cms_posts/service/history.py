"""The history of a post: revisions are never changed, an old one comes back as a new one."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from cms_core import ANY_VERSION, Precondition, Principal, Transaction
from cms_posts.content import WorkingCopy
from cms_posts.errors import RevisionNotFound
from cms_posts.permissions import WRITE_ANY
from cms_posts.queries import find_revision, head_of, load_tags
from cms_posts.service.access import lock_to_edit, not_in_trash
from cms_posts.service.drafts import CONTENT, save_revision
from cms_posts.service.tagging import ids_of


async def restore_revision(
    session: Transaction,
    post_id: UUID,
    number: int,
    *,
    by: Principal,
    now: datetime,
    precondition: Precondition = ANY_VERSION,
) -> WorkingCopy:
    """Make the working copy equal to an old revision.

    Its author comes back only for who may set authors; tags that were merged or deleted since do
    not. Raises `PostNotFound`, `Forbidden`, `PreconditionFailed`, `PostInTrash` or
    `RevisionNotFound`.
    """
    post = await lock_to_edit(session, post_id, by, precondition)
    not_in_trash(post)
    old = await find_revision(session, post_id, number)
    if old is None:
        raise RevisionNotFound
    head = await head_of(session, post)
    fields = {name: getattr(old, name) for name in (*CONTENT, "body_html")}
    tags = (await load_tags(session, old.tags, lock=True)).of(old.tags)
    fields["tags"] = await ids_of(session, tags, head)
    if not by.may(WRITE_ANY):
        fields["author_id"] = head.author_id
    note = f"Restores revision {number}."
    return await save_revision(session, post, head, fields, note, by, now)

"""What changed between two revisions of a post."""

from __future__ import annotations

import asyncio
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from cms_posts.authoring.schemas import RevisionDiff
from cms_posts.diffing import diff_fields, diff_text
from cms_posts.extensions import Door, Extensions
from cms_posts.models import PostRevision
from cms_posts.queries import Tags, load_tags

_FIELDS = ("title", "slug", "excerpt", "body_format", "language", "author_id")


async def compare(
    session: AsyncSession, extensions: Extensions, old: PostRevision | None, new: PostRevision
) -> RevisionDiff:
    """Say how `new` differs from `old`, or from nothing at all."""
    tags = await load_tags(session, [*(old.tags if old else ()), *new.tags])
    before = _fields(old, tags, extensions) if old else {}
    # Apart from the event loop: long texts that differ everywhere take a while.
    hunks = await asyncio.to_thread(diff_text, old.body if old else "", new.body)
    return RevisionDiff(
        number=new.number,
        against=old.number if old else None,
        fields=diff_fields(before, _fields(new, tags, extensions)),
        body=hunks,
    )


def _fields(revision: PostRevision, tags: Tags, extensions: Extensions) -> dict[str, Any]:
    """The fields as bodies of requests name them."""
    return {name: getattr(revision, name) for name in _FIELDS} | {
        "tags": [tag.name for tag in tags.of(revision.tags)],
        "cover": revision.cover_id,
        "seo": revision.seo,
        "extensions": extensions.shown(revision.extensions, Door.AUTHORING),
    }

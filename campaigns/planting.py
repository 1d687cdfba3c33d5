"""Posts with a plan, written straight into the tables before anything runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import NAMESPACE_DNS, UUID, uuid5

from sqlalchemy import Table, insert

from cms_core import CMS, Base, Transaction, new_id
from cms_core.db.clock import read_clock
from cms_posts.models import (
    Post,
    PostRevision,
    PostSlug,
    PostTag,
    PostTransition,
    Tag,
    TransitionAction,
)

#: Who wrote and planned everything.
AUTHOR = uuid5(NAMESPACE_DNS, "admin")
BATCH = 500
TAGS = 20
_BODY = "<p>Words that many people want to read at that very moment, and not before.</p>" * 20

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Planted:
    """A post that is to be published."""

    post_id: UUID
    transition_id: UUID
    slug: str
    tag: str
    due_at: datetime


async def plant(
    cms: CMS, offsets: Sequence[float], *, lead: float, revisions: int = 1
) -> list[Planted]:
    """Write posts whose first revision is due so many seconds after a moment `lead` from the end.

    Closes the CMS.
    """
    ids = [new_id() for _ in offsets]
    tags = [new_id() for _ in range(TAGS)]
    begun = await cms.db.run(read_clock)
    await _insert(cms, Tag, [_tag(id) for id in tags])
    await _insert(cms, Post, [_post(id, revisions, begun) for id in ids])
    await _insert(cms, PostSlug, [{"slug": _slug(id), "post_id": id} for id in ids])
    tagged = [(id, tags[number % TAGS]) for number, id in enumerate(ids)]
    await _insert(cms, PostTag, [{"post_id": id, "tag_id": tag} for id, tag in tagged])
    for number in range(1, revisions + 1):
        rows = [_revision(id, number, tag, begun) for id, tag in tagged]
        await _insert(cms, PostRevision, rows)
    start = await cms.db.run(read_clock) + timedelta(seconds=lead)
    start = start.replace(microsecond=start.microsecond // 1000 * 1000)  # as fine as SQLite's clock
    planted = [
        Planted(id, new_id(), _slug(id), _tag(tag)["slug"], start + timedelta(seconds=offset))
        for (id, tag), offset in zip(tagged, offsets, strict=True)
    ]
    await _insert(cms, PostTransition, [_transition(each, begun) for each in planted])
    await _analyze(cms)
    await cms.close()
    return planted


async def _insert(cms: CMS, model: type[Base], rows: Sequence[Row]) -> None:
    statement = insert(cast(Table, model.__table__))
    for batch in _batches(rows):

        async def work(session: Transaction, batch: list[Row] = batch) -> None:
            await session.execute(statement, batch)

        await cms.db.run(work)


def _batches(rows: Sequence[Row]) -> Iterator[list[Row]]:
    for begin in range(0, len(rows), BATCH):
        yield list(rows[begin : begin + BATCH])


async def _analyze(cms: CMS) -> None:
    # An installation has had time for its statistics; a campaign has not.
    engine = cms.db.writer.execution_options(isolation_level="AUTOCOMMIT")
    if cms.db.dialect == "postgresql":
        async with engine.connect() as connection:
            await connection.exec_driver_sql("ANALYZE")


def _slug(id: UUID) -> str:
    return f"post-{id.hex}"


def _tag(id: UUID) -> Row:
    return {"id": id, "slug": f"tag-{id.hex}", "name": f"Tag {id.hex}"}


def _post(id: UUID, head: int, now: datetime) -> Row:
    named = {"title": f"Post {id.hex[-6:]}", "slug": _slug(id), "author_id": AUTHOR}
    return {**named, "id": id, "head": head, "created_at": now, "updated_at": now}


def _revision(id: UUID, number: int, tag: UUID, now: datetime) -> Row:
    named = {"title": f"Post {id.hex[-6:]}, {number}", "slug": _slug(id), "author_id": AUTHOR}
    kept = {"created_by": AUTHOR, "created_at": now, "language": "en", "tags": [str(tag)]}
    return {**named, **kept, "post_id": id, "number": number, "body_html": _BODY}


def _transition(planted: Planted, now: datetime) -> Row:
    return {
        "id": planted.transition_id,
        "post_id": planted.post_id,
        "action": TransitionAction.PUBLISH,
        "revision": 1,
        "due_at": planted.due_at,
        "try_at": planted.due_at,
        "created_by": AUTHOR,
        "created_at": now,
    }

"""What refers to files, kept in the transactions in which it changes."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import delete, update
from sqlalchemy.dialects import postgresql

from cms_core import ReferencesChanged, ReferencesEnded, Transaction
from cms_media.models import MediaUse
from cms_media.queries import held_files

MEDIA = "media"


async def note_uses(session: Transaction, event: ReferencesChanged) -> None:
    """Note to which files a thing refers now; those that it has left stay as its past."""
    if event.kind != MEDIA:
        return
    # First, as whoever deletes one does: the other way round, both would wait for each other.
    # Ids of files that are gone are no references.
    held = await held_files(session, event.ids)
    flag = "published" if event.published else "working"
    column = getattr(MediaUse, flag)
    left = update(MediaUse).where(
        MediaUse.source == event.source, column, MediaUse.media_id.not_in(event.ids)
    )
    await session.execute(left.values({flag: False}))
    await _note(session, event.source, held, flag)


async def forget_uses(session: Transaction, event: ReferencesEnded) -> None:
    """Forget what a thing referred to that is gone with its past."""
    await session.execute(delete(MediaUse).where(MediaUse.source == event.source))


async def _note(session: Transaction, source: str, ids: set[UUID], flag: str) -> None:
    if not ids:
        return
    fresh = {"source": source, "published": False, "working": False, flag: True}
    insert = postgresql.insert(MediaUse).values([{**fresh, "media_id": id} for id in sorted(ids)])
    key = ["source", "media_id"]
    await session.execute(insert.on_conflict_do_update(index_elements=key, set_={flag: True}))

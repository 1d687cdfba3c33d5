"""How media reacts to what happens elsewhere, and to its own deletions."""

from __future__ import annotations

from collections.abc import Sequence

from cms_core import (
    CMS,
    Delivery,
    ReferencesChanged,
    ReferencesEnded,
    Subscriber,
    before_commit,
    eventually,
)
from cms_media.events import BlobDropped
from cms_media.service.uses import forget_uses, note_uses
from cms_media.storage import Storage


def media_subscribers(storage: Storage) -> Sequence[Subscriber]:
    """Return the subscribers of one CMS."""

    async def delete_bytes(cms: CMS, event: BlobDropped, delivery: Delivery) -> None:
        await storage.delete(event.key)

    return (
        before_commit(ReferencesChanged, note_uses),
        before_commit(ReferencesEnded, forget_uses),
        eventually(BlobDropped, delete_bytes, key="media:bytes"),
    )

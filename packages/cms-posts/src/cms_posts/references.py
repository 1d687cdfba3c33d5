"""What posts refer to in other packages: their author, their cover, the media in their bodies."""

from __future__ import annotations

import re
from typing import Protocol
from uuid import UUID

from cms_core import ReferencesChanged, Transaction

PRINCIPAL = "principal"
MEDIA = "media"

_MEDIA_ADDRESS = re.compile(
    r"/media/([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\b"
)


class Referring(Protocol):
    """What of a revision may refer to something."""

    @property
    def author_id(self) -> UUID: ...
    @property
    def cover_id(self) -> UUID | None: ...
    @property
    def body_html(self) -> str: ...


def references_of(revision: Referring | None) -> dict[str, tuple[UUID, ...]]:
    """The ids that a revision refers to, by kind; none at all for None."""
    if revision is None:
        return {PRINCIPAL: (), MEDIA: ()}
    media = [UUID(found) for found in _MEDIA_ADDRESS.findall(revision.body_html)]
    if revision.cover_id is not None:
        media.insert(0, revision.cover_id)
    return {PRINCIPAL: (revision.author_id,), MEDIA: tuple(dict.fromkeys(media))}


def announce_references(
    session: Transaction,
    post_id: UUID,
    before: Referring | None,
    after: Referring | None,
    *,
    published: bool,
) -> None:
    """Tell the owners of what a post refers to, where that changed.

    The working copy and what readers see are told apart by `published`: each of them refers to
    exactly the ids of its last announcement.
    """
    old = references_of(before)
    for kind, ids in references_of(after).items():
        if ids != old[kind]:
            session.emit(ReferencesChanged(f"post:{post_id}", kind, ids, published))

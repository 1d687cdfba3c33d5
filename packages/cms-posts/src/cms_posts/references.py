"""What posts refer to in other packages: their author, their cover, the media in their bodies."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape
from typing import Protocol
from uuid import UUID

from cms_core import ReferencesChanged, Resolved, Transaction

PRINCIPAL = "principal"
MEDIA = "media"

_ID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_MEDIA_ADDRESS = re.compile(rf"/media/({_ID})\b")
#: The same, as the whole value of an attribute.
_MEDIA_VALUE = re.compile(rf"""(?<==")(?:https?://[^\s"/]+)?/media/({_ID})(?:/[^\s"]*)?(?=")""")


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
    media = media_in(revision.body_html)
    if revision.cover_id is not None:
        media.insert(0, revision.cover_id)
    return {PRINCIPAL: (revision.author_id,), MEDIA: tuple(dict.fromkeys(media))}


def media_in(html: str) -> list[UUID]:
    """The ids of files whose addresses stand in a body."""
    return [UUID(found) for found in _MEDIA_ADDRESS.findall(html)]


def with_open_addresses(html: str, media: Mapping[UUID, Resolved]) -> str:
    """A body for authors and holders of preview links: they see files that nobody else may see."""

    def opened(address: re.Match[str]) -> str:
        known = media.get(UUID(address[1]))
        return address[0] if known is None else escape(str(known.for_authors["url"]))

    return _MEDIA_VALUE.sub(opened, html)


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
            session.emit(ReferencesChanged(source_of(post_id), kind, ids, published))


def source_of(post_id: UUID) -> str:
    """The name of a post among all things that refer to others."""
    return f"post:{post_id}"

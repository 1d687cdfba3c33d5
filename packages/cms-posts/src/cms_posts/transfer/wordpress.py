"""From the items of a WordPress export to posts."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from html import unescape
from typing import BinaryIO
from urllib.parse import unquote
from uuid import NAMESPACE_URL, UUID, uuid5

from cms_posts.models import MAX_TAG_NAME, MAX_TITLE, BodyFormat, PostState, TransitionAction
from cms_posts.rendering import excerpt_of, render
from cms_posts.service.storing import WholePost, WholeRevision, WholeTransition
from cms_posts.service.tagging import by_slug
from cms_posts.slugs import slugify
from cms_posts.transfer.attachments import ATTACHMENT, Attachments, attachments_in
from cms_posts.transfer.importing import Item, People
from cms_posts.transfer.origin import Origin, dates_of
from cms_posts.transfer.report import Report
from cms_posts.wordpress.content import Content, translate
from cms_posts.wordpress.items import WxrItem
from cms_posts.wordpress.reader import read_wxr

#: Names the ids of imported posts.
_IDS = uuid5(NAMESPACE_URL, "urn:cms-posts:wordpress")
_TAG_DOMAINS = {"category", "post_tag"}
MAX_EXCERPT = 1000
#: Length of a title that is made from the text.
_SHORT = 60
_KINDS = {"post", "page"}
#: What pages are tagged with: here they are posts.
_PAGE = "page"
_NEVER_SAVED = {"auto-draft", "inherit"}


def read_wordpress(
    stream: BinaryIO,
    report: Report,
    *,
    language: str,
    now: datetime,
    attachments: Attachments | None = None,
) -> Iterator[Item]:
    """Yield an item for each post and page; the report is told what is left out.

    Without `attachments` the stream is read twice, first for these. Raises `BadExport`.
    """
    if attachments is None:
        attachments = attachments_in(stream)
        stream.seek(0)
    site = _Site(report, language, now, attachments)
    for found in read_wxr(stream):
        if not isinstance(found, WxrItem):
            site.origin.hear(found)
        elif site.takes(found):
            yield site.item(found)


@dataclass(slots=True)
class _Site:
    """What is known of all posts of an export."""

    report: Report
    language: str
    now: datetime
    attachments: Attachments
    origin: Origin = field(default_factory=partial(Origin, _IDS))

    def takes(self, item: WxrItem) -> bool:
        """Whether the item becomes a post; the report is told of what becomes nothing."""
        if item.comments:
            self.report.left_out["comment"] += item.comments
        if item.kind == ATTACHMENT and self.attachments.were_imported:
            return False
        taken = item.kind in _KINDS and item.status not in _NEVER_SAVED
        if not taken:
            self.report.left_out[item.kind if item.kind not in _KINDS else item.status] += 1
        return taken

    def item(self, item: WxrItem) -> Item:
        """The item to import."""
        post = _Post(item, self)
        footnotes = item.meta.get("footnotes", "")
        content = translate(item.content, self.attachments.addresses, footnotes)
        id = self.origin.id_for(item)
        return Item(
            place=f"line {item.line}",
            title=post.title,
            make=partial(post.whole, id, content),
            id=id,
            notes=tuple(post.notes()),
            changes=content.changes,
        )


@dataclass(frozen=True, slots=True)
class _Post:
    """One post or page of WordPress, and what it becomes."""

    item: WxrItem
    site: _Site

    @property
    def title(self) -> str:
        """The title as plain text; the beginning of the body where there is none."""
        return (
            excerpt_of(self.item.title, MAX_TITLE)
            or excerpt_of(self.item.content, _SHORT)
            or self.item.kind.title()
        )

    @property
    def planned_for(self) -> datetime | None:
        """When it was to be published, where that is still to come."""
        date = self.item.date
        is_planned = self.item.status in ("future", "publish")
        return date if is_planned and date is not None and date > self.site.now else None

    @property
    def published_at(self) -> datetime | None:
        """Since when readers see it; None for what they do not see."""
        item = self.item
        if item.status != "publish" or item.protected or self.planned_for:
            return None
        return item.date or item.modified or self.site.now

    def notes(self) -> Iterator[str]:
        """Yield what to know about it."""
        if not self.item.title:
            yield "It has no title; it got the beginning of its text."
        if not self.item.slug:
            yield "It has no slug; it got one made from its title."
        if self.planned_for and not self.item.protected:
            yield f"It is planned for {_stamp(self.planned_for)}, as it was."
        elif self.item.protected:
            yield "It was protected by a password; it is a draft."
        elif self.item.status in ("private", "pending"):
            yield f"It was {self.item.status}; it is a draft."
        elif self.item.status == "trash":
            yield "It was in the trash, and is."
        if self.item.sticky:
            yield "It was sticky; posts here have no such state."

    async def whole(self, id: UUID, content: Content, people: People) -> WholePost:
        """The post as it is stored."""
        published_at = self.published_at
        created_at, updated_at = dates_of(self.item, self.site.now)
        author_id = await people.named(self.site.origin.author_of(self.item))
        # Kept as it is shown: what was taken out could never be shown, and authors would edit it.
        html = await asyncio.to_thread(self._html, content)
        revision = WholeRevision(
            title=self.title,
            slug=slugify(unquote(self.item.slug) or self.title),
            language=self.site.language,
            author_id=author_id,
            created_by=author_id,
            created_at=created_at,
            body=html,
            body_html=html,
            body_format=BodyFormat.HTML,
            excerpt=excerpt_of(self.item.excerpt or content.teaser, MAX_EXCERPT),
            cover_id=self.site.attachments.files.get(self.item.meta.get("_thumbnail_id", "")),
            tags=by_slug(self._tags()),
        )
        return WholePost(
            id=id,
            state=PostState.PUBLISHED if published_at else PostState.DRAFT,
            revisions=[revision],
            created_at=created_at,
            updated_at=updated_at,
            published_revision=1 if published_at else None,
            published_at=published_at,
            first_published_at=published_at,
            shown_at=updated_at if published_at else None,
            trashed_at=updated_at if self.item.status == "trash" else None,
            renamable=True,
            plan=[*self._plan()],
        )

    def _html(self, content: Content) -> str:
        html = render(content.html, BodyFormat.HTML)
        return self.site.attachments.moved.rewritten(html, self.site.origin.link)

    def _plan(self) -> Iterator[WholeTransition]:
        if self.planned_for and not self.item.protected:
            yield WholeTransition(TransitionAction.PUBLISH, self.planned_for, revision=1)

    def _tags(self) -> Iterator[str]:
        if self.item.kind == "page":
            yield _PAGE
        for term in self.item.terms:
            if term.domain in _TAG_DOMAINS and (name := unescape(term.name).strip()):
                yield name[:MAX_TAG_NAME]


def _stamp(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")

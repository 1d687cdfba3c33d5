"""The WordPress site that an export comes from."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid5

from cms_posts.wordpress.items import WxrAuthor, WxrItem, WxrSite


@dataclass(slots=True)
class Origin:
    """What the head of an export says, and which ids were given to items so far."""

    #: Names the ids: the same item is the same thing again.
    namespace: UUID
    link: str = ""
    _name: str = ""
    _authors: dict[str, str] = field(default_factory=dict)
    _ids: set[UUID] = field(default_factory=set)

    def hear(self, said: WxrSite | WxrAuthor) -> None:
        """Take note of a part of the head."""
        if isinstance(said, WxrSite):
            self.link = said.link
            self._name = _bare(said.link) or said.title
        else:
            self._authors[said.login] = said.name

    def author_of(self, item: WxrItem) -> str:
        """Return the name of whoever made the item."""
        return self._authors.get(item.author, item.author)

    def id_for(self, item: WxrItem) -> UUID:
        """Return an id that the same item gets from every export of the site.

        WordPress' own ids and guids are both given twice now and then: only together, and with the
        address where even that is not enough, do they name one item.
        """
        id = uuid5(self.namespace, "\n".join((self._name, item.id, item.guid)))
        if id in self._ids:
            id = uuid5(id, "\n".join((item.kind, item.slug, item.link, item.title)))
        self._ids.add(id)
        return id


def dates_of(item: WxrItem, now: datetime) -> tuple[datetime, datetime]:
    """Return when an item was made and last changed; a date to come is none."""
    dates = [date for date in (item.date, item.modified) if date is not None]
    past = [date for date in dates if date <= now] or [now]
    return past[0], max(past)


def _bare(address: str) -> str:
    """An address without what differs between exports of one site."""
    return address.partition("://")[2].rstrip("/").lower() or address

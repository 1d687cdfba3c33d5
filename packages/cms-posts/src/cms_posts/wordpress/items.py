"""What a WXR file holds, as plain values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


@dataclass(frozen=True, slots=True)
class WxrSite:
    """The channel's head: where the export comes from."""

    title: str
    link: str
    language: str


@dataclass(frozen=True, slots=True)
class WxrAuthor:
    login: str
    email: str
    name: str


@dataclass(frozen=True, slots=True)
class WxrTerm:
    """A category, tag or other term of an item; `domain` says which."""

    domain: str
    slug: str
    name: str


@dataclass(frozen=True, slots=True)
class WxrItem:
    """One ``<item>``; `kind` is WordPress' post type: post, page, attachment, nav_menu_item, …"""

    id: str
    kind: str
    status: str
    guid: str
    link: str
    title: str
    slug: str
    author: str
    content: str
    excerpt: str
    date: datetime | None
    modified: datetime | None
    protected: bool = False
    sticky: bool = False
    comments: int = 0
    terms: tuple[WxrTerm, ...] = ()
    meta: Mapping[str, str] = field(default_factory=dict)
    #: Where the file of an attachment is.
    file: str = ""
    #: Line of the file on which the item begins.
    line: int = 0


def date_of(gmt: str, published: str, local: str) -> datetime | None:
    """The best of the three dates of an item, in UTC.

    WordPress leaves the GMT date of drafts at zeros; then the feed's date counts, then the local
    one, taken as UTC because the export does not name the site's zone.
    """
    return _stamp(gmt) or _mail_date(published) or _stamp(local)


def _stamp(text: str) -> datetime | None:
    try:
        return datetime.strptime(text.strip(), "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        return None


def _mail_date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text.strip())
        if f" {moment.year:04} " not in text:
            return None  # a draft's is of the year -0001, and read as 2000
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None

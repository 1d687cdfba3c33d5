"""Which files a list shows, and in which orders."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query
from sqlalchemy import ColumnElement, Select, not_, or_

from cms_core import Sort
from cms_media.models import MAX_FOLDER, MAX_TITLE, MediaItem
from cms_media.queries import all_files, is_used

_columns = MediaItem.__table__.c
SORTS = {name: Sort((_columns[name], _columns.id)) for name in ("created_at", "filename", "size")}
_SEARCHED = ("filename", "title", "alt", "credit")


@dataclass(frozen=True, slots=True)
class Filters:
    """Which files: all, unless it says otherwise."""

    q: str | None = None
    type: str | None = None
    folder: str | None = None
    owner: UUID | None = None
    used: bool | None = None

    def conditions(self) -> Iterator[ColumnElement[bool]]:
        """Yield what must be true of the file."""
        if self.q is not None:
            yield or_(*(_columns[name].icontains(self.q, autoescape=True) for name in _SEARCHED))
        if self.type is not None:
            family = _columns.media_type.startswith(f"{self.type}/", autoescape=True)
            yield family | (_columns.media_type == self.type)
        if self.folder is not None:
            below = _columns.folder.startswith(f"{self.folder}/", autoescape=True)
            yield below | (_columns.folder == self.folder)
        if self.owner is not None:
            yield _columns.owner_id == self.owner
        if self.used is not None:
            yield is_used() if self.used else not_(is_used())

    def files(self) -> Select[Any]:
        """The files, unordered."""
        return all_files().where(*self.conditions())


async def filters_of(
    q: Annotated[
        str | None,
        Query(min_length=1, max_length=MAX_TITLE, description="Part of name, title, alt, credit."),
    ] = None,
    type: Annotated[
        str | None, Query(max_length=100, description="`image`, or one type: `image/png`.")
    ] = None,
    folder: Annotated[
        str | None, Query(max_length=MAX_FOLDER, description="In that folder or one below.")
    ] = None,
    owner: Annotated[UUID | None, Query(description="Id of who uploaded it.")] = None,
    used: Annotated[
        bool | None, Query(description="Whether published posts or working copies refer to it.")
    ] = None,
) -> Filters:
    return Filters(q=q, type=type, folder=folder, owner=owner, used=used)

"""A list of books behind the delivery door, in a table of the test's own."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

import pytest
from fastapi import Depends, Query, Response
from sqlalchemy import Column, Integer, MetaData, String, Table, Uuid, insert, select

from cms_core.app import CMS
from cms_core.db.types import Instant
from cms_core.hookspecs import hookimpl
from cms_core.http.fields import Sparse
from cms_core.http.listing import Listing, listing
from cms_core.http.pagination import Page, Sort
from cms_core.http.routers import DeliveryRouter
from cms_core.http.sessions import Snapshot
from cms_core.ids import new_id

Shelve = Callable[..., Coroutine[Any, Any, list[str]]]

metadata = MetaData()
books = Table(
    "books",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("title", String(300), nullable=False),
    Column("pages", Integer, nullable=False),
    Column("published_at", Instant, nullable=False),
)
SORTS = {
    "published_at": Sort((books.c.published_at, books.c.id)),
    "title": Sort((books.c.title, books.c.id)),
    "pages": Sort((books.c.pages, books.c.published_at, books.c.id)),
}
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


class Book(Sparse):
    id: UUID
    title: str
    pages: int


class Library:
    @staticmethod
    @hookimpl
    def register_routers() -> list[DeliveryRouter]:
        router = DeliveryRouter("/library")

        @router.get("/books", response_model=Page[Book])
        async def list_books(
            session: Snapshot,
            wanted: Annotated[Listing, Depends(listing(Book, SORTS, "-published_at"))],
            pages: Annotated[list[int], Query()] = [],  # noqa: B006 - FastAPI copies it
            long: bool = False,
        ) -> Response:
            statement = select(books.c.id, books.c.title, books.c.pages)
            if pages:
                statement = statement.where(books.c.pages.in_(pages))
            if long:
                statement = statement.where(books.c.pages > 500)
            rows = await wanted.rows(session, statement)
            items = [Book(id=row.id, title=row.title, pages=row.pages) for row in rows.rows]
            return wanted.answer(items, rows)

        return [router]


@pytest.fixture
def cms_plugins() -> list[object]:
    return [Library]


@pytest.fixture
async def shelve(cms_app: CMS) -> Shelve:
    """``await shelve(count, every=seconds)`` adds books and returns their titles, oldest first.

    With ``every=0`` all have the same microsecond.
    """
    async with cms_app.db.writer.begin() as connection:
        await connection.run_sync(metadata.create_all)
    shelved = 0

    async def shelve(
        count: int, *, every: float = 1.0, title: str = "Book", pages: int = 100
    ) -> list[str]:
        nonlocal shelved
        rows = [
            {
                "id": new_id(),
                "title": f"{title} {number:04}",
                "pages": pages,
                "published_at": EPOCH + timedelta(seconds=number * every),
            }
            for number in range(shelved, shelved + count)
        ]
        shelved += count
        async with cms_app.db.transaction() as session:
            await session.execute(insert(books), rows)
        return [str(row["title"]) for row in rows]

    return shelve

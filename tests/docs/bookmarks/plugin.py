"""Links worth keeping: a plugin that implements every hook, each as briefly as it can be."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import BinaryIO
from uuid import UUID

import typer
from fastapi import Response
from pydantic import BaseModel, Field, HttpUrl
from sqlalchemy import String, Uuid, delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column
from starlette.requests import HTTPConnection

from cms_core import (
    CMS,
    AdminRouter,
    Authenticator,
    Base,
    Delivery,
    DeliveryRouter,
    HealthCheck,
    Job,
    Models,
    Permission,
    PluginSettings,
    Principal,
    Resolved,
    Resolver,
    Seed,
    Snapshot,
    Subscriber,
    Transaction,
    Unauthenticated,
    answer,
    eventually,
    hookimpl,
    new_id,
    requires,
    run_with_cms,
)
from cms_media import Scanner
from cms_posts import FileImporter, ForeignFile, PostExtension, PostPublished

from . import hookspecs


class Bookmark(Base):
    __tablename__ = "bookmarks"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    url: Mapped[str] = mapped_column(String(2000))


class BookmarksSettings(PluginSettings):
    """Environment variables ``CMS_BOOKMARKS__…``."""

    most: int = Field(1000, ge=1, description="Bookmarks that are kept; the oldest go first.")
    feed_token: str = Field("", description="Token with which a browser may add bookmarks.")


class NewBookmark(BaseModel):
    url: HttpUrl


class Counted(BaseModel):
    bookmarks: int


class Source(BaseModel):
    """What this plugin adds to posts: `extensions.bookmarks.url`."""

    url: HttpUrl


class TokenAuthenticator:
    """Lets a browser extension in, by a token that never changes."""

    def __init__(self, token: str) -> None:
        self._header = f"Bookmarks {token}"

    async def authenticate(self, connection: HTTPConnection) -> Principal | None:
        header = connection.headers.get("authorization", "")
        if not header.startswith("Bookmarks "):
            return None
        if header != self._header:
            raise Unauthenticated
        return Principal(UUID(int=1), "Browser", frozenset({"bookmarks:write"}))


async def keep_published(cms: CMS, event: PostPublished, delivery: Delivery) -> None:
    async def work(session: Transaction) -> None:
        # The delivery's id is the same when it is told again: no second bookmark.
        await session.merge(Bookmark(id=delivery.event_id, url=f"/posts/{event.slug}"))

    await cms.db.run(work)


async def forget_old(cms: CMS) -> bool:
    most = cms.plugin_settings(BookmarksSettings).most

    async def work(session: Transaction) -> None:
        kept = select(Bookmark.id).order_by(Bookmark.id.desc()).limit(most)
        await session.execute(delete(Bookmark).where(Bookmark.id.not_in(kept)))

    await cms.db.run(work)
    return False


async def find_shortcut(chunks: AsyncIterator[bytes]) -> str | None:
    is_shortcut = (await anext(chunks)).startswith(b"[InternetShortcut]")
    return "a shortcut: make a bookmark of it" if is_shortcut else None


class FileBookmarks:
    """Of a file that comes with an import, a bookmark says where it was: nothing else is kept."""

    def __init__(self, cms: CMS) -> None:
        self._cms = cms

    async def import_file(self, file: ForeignFile, content: BinaryIO) -> None:
        async def work(session: Transaction) -> None:
            await session.merge(Bookmark(id=file.id, url=f"{file.folder}/{file.filename}"))

        await self._cms.db.run(work)


async def resolve(session: AsyncSession, ids: frozenset[UUID]) -> Mapping[UUID, Resolved]:
    found = await session.execute(select(Bookmark).where(Bookmark.id.in_(ids)))
    return {each.id: Resolved({"url": each.url}) for each in found.scalars()}


async def count_bookmarks(cms: CMS) -> int:
    async with cms.db.snapshot() as session:
        return await session.scalar(select(func.count()).select_from(Bookmark)) or 0


async def write_demo(cms: CMS) -> Mapping[str, str]:
    async def work(session: Transaction) -> None:
        await session.merge(Bookmark(id=UUID(int=1), url="https://www.python.org"))

    await cms.db.run(work)
    return {}


@hookimpl
def register_hookspecs() -> ModuleType:
    return hookspecs


@hookimpl
def register_settings() -> type[PluginSettings]:
    return BookmarksSettings


@hookimpl
def register_models() -> Models:
    return Models([Bookmark])


@hookimpl
def register_migrations() -> Path:
    return Path(__file__).parent / "migrations"


@hookimpl
def register_permissions() -> Sequence[Permission]:
    return [Permission("bookmarks:write", "Add bookmarks.", frozenset({"editor", "admin"}))]


@hookimpl
def register_authenticators(cms: CMS) -> Sequence[Authenticator]:
    token = cms.plugin_settings(BookmarksSettings).feed_token
    return [TokenAuthenticator(token)] if token else []


@hookimpl
def register_subscribers(cms: CMS) -> Sequence[Subscriber]:
    return [eventually(PostPublished, keep_published, key="bookmarks:keep-published")]


@hookimpl
def register_routers(cms: CMS) -> Sequence[AdminRouter | DeliveryRouter]:
    public, admin = DeliveryRouter("/bookmarks"), AdminRouter("/bookmarks")

    @public.get("/count", response_model=Counted)
    async def count(session: Snapshot) -> Response:
        """Count the bookmarks."""
        found = await session.scalar(select(func.count()).select_from(Bookmark))
        return answer(Counted(bookmarks=found or 0))

    @admin.post("", status_code=204, dependencies=[requires("bookmarks:write")])
    async def add(session: Transaction, body: NewBookmark) -> Response:
        """Add a bookmark."""
        session.add(Bookmark(url=str(body.url)))
        return Response(status_code=204)

    return [public, admin]


@hookimpl
def register_resolvers(cms: CMS) -> Sequence[Resolver]:
    return [Resolver("bookmark", resolve)]


@hookimpl
def register_jobs(cms: CMS) -> Sequence[Job]:
    return [Job("bookmarks:forget", forget_old, every=timedelta(days=1))]


@hookimpl
def register_health_checks(cms: CMS) -> Sequence[HealthCheck]:
    async def not_full() -> str | None:
        most = cms.plugin_settings(BookmarksSettings).most
        return "no room for more" if await count_bookmarks(cms) >= most else None

    return [HealthCheck("bookmarks", not_full)]


@hookimpl
def register_commands() -> typer.Typer:
    app = typer.Typer(no_args_is_help=True, help="Look after bookmarks.")

    @app.callback()
    def bookmarks() -> None:
        """Makes `count` a command of its own although it is the only one."""

    @app.command()
    def count() -> None:
        """Count the bookmarks."""
        typer.echo(str(run_with_cms(count_bookmarks)))

    return app


@hookimpl
def register_dev_seeds(cms: CMS) -> Sequence[Seed]:
    return [Seed("bookmarks:demo", write_demo, demo=True)]


@hookimpl
def lifespan(cms: CMS) -> AbstractAsyncContextManager[None]:
    @asynccontextmanager
    async def opened() -> AsyncIterator[None]:
        # What must be open while the process runs is opened here ...
        yield
        # ... and closed here.

    return opened()


@hookimpl(optionalhook=True)
def register_post_extensions() -> Sequence[PostExtension]:
    return [PostExtension("bookmarks", Source)]


@hookimpl(optionalhook=True)
def register_file_importer(cms: CMS) -> FileImporter:
    return FileBookmarks(cms)


@hookimpl(optionalhook=True)
def register_scanners() -> Sequence[Scanner]:
    return [Scanner("bookmarks", find_shortcut)]

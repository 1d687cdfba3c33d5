"""What cms-media contributes."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from weakref import WeakKeyDictionary

import typer

from cms_core import (
    CMS,
    AdminRouter,
    HealthCheck,
    Job,
    Models,
    Permission,
    PluginSettings,
    Resolver,
    RootRouter,
    Subscriber,
    hookimpl,
)
from cms_media import commands
from cms_media.authoring.resumable import resumable_router
from cms_media.authoring.router import library_router
from cms_media.delivery.files import files_router
from cms_media.folder import prepare_folder, uploads_folder
from cms_media.jobs import media_jobs
from cms_media.models import MODELS
from cms_media.permissions import PERMISSIONS
from cms_media.references import media_resolver
from cms_media.service.background import background_of
from cms_media.settings import MediaSettings
from cms_media.storage import Storage, open_storage
from cms_media.subscribers import media_subscribers

_storages: WeakKeyDictionary[CMS, Storage] = WeakKeyDictionary()


def storage_of(cms: CMS) -> Storage:
    """Return the storage of a CMS: routes, jobs and subscribers share one."""
    if cms not in _storages:
        _storages[cms] = open_storage(cms.settings.media_storage_url, cms.settings.data)
    return _storages[cms]


@hookimpl
def register_settings() -> type[PluginSettings]:
    return MediaSettings


@hookimpl
def register_models() -> Models:
    return Models(MODELS)


@hookimpl
def register_migrations() -> Path:
    return Path(__file__).parent / "migrations" / "versions"


@hookimpl
def register_permissions() -> Sequence[Permission]:
    return PERMISSIONS


@hookimpl
def register_resolvers(cms: CMS) -> Sequence[Resolver]:
    return [media_resolver(cms)]


@hookimpl
def register_subscribers(cms: CMS) -> Sequence[Subscriber]:
    return media_subscribers(storage_of(cms))


@hookimpl
def register_routers(cms: CMS) -> Sequence[AdminRouter | RootRouter]:
    storage = storage_of(cms)
    return [
        library_router(cms, storage),
        resumable_router(cms, storage),
        files_router(cms, storage),
    ]


@hookimpl
def register_jobs(cms: CMS) -> Sequence[Job]:
    return media_jobs(storage_of(cms))


@hookimpl
def register_commands() -> typer.Typer:
    return commands.app


@hookimpl
def register_health_checks(cms: CMS) -> Sequence[HealthCheck]:
    async def writable() -> str | None:
        reason = await storage_of(cms).check()
        return reason and f"uploads can't be stored: {reason}"

    return (HealthCheck("uploads", writable),)


@hookimpl
def lifespan(cms: CMS) -> AbstractAsyncContextManager[None]:
    @asynccontextmanager
    async def checked_storage() -> AsyncIterator[None]:
        if folder := uploads_folder(cms.settings):
            await asyncio.to_thread(prepare_folder, folder)
        yield
        await background_of(cms).settle()
        await storage_of(cms).close()

    return checked_storage()

"""What cms-media contributes."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from types import ModuleType

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
from cms_media import commands, hookspecs
from cms_media.authoring.resumable import resumable_router
from cms_media.authoring.router import library_router
from cms_media.clamd import Clamd
from cms_media.delivery.files import files_router
from cms_media.folder import prepare_folder, uploads_folder
from cms_media.jobs import media_jobs
from cms_media.models import MODELS
from cms_media.permissions import PERMISSIONS
from cms_media.references import media_resolver
from cms_media.scanning import Scanner
from cms_media.service.importing import LibraryImporter
from cms_media.settings import MediaSettings
from cms_media.subscribers import media_subscribers
from cms_media.workshop import workshop_of


@hookimpl
def register_hookspecs() -> ModuleType:
    return hookspecs


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
    return media_subscribers(workshop_of(cms).storage)


@hookimpl
def register_routers(cms: CMS) -> Sequence[AdminRouter | RootRouter]:
    workshop = workshop_of(cms)
    return [
        library_router(cms, workshop),
        resumable_router(cms, workshop),
        files_router(cms, workshop),
    ]


@hookimpl
def register_jobs(cms: CMS) -> Sequence[Job]:
    return media_jobs(workshop_of(cms))


@hookimpl
def register_commands() -> typer.Typer:
    return commands.app


@hookimpl(optionalhook=True)
def register_file_importer(cms: CMS) -> LibraryImporter:
    return LibraryImporter(cms, workshop_of(cms))


@hookimpl
def register_health_checks(cms: CMS) -> Sequence[HealthCheck]:
    async def writable() -> str | None:
        reason = await workshop_of(cms).storage.check()
        return reason and f"uploads can't be stored: {reason}"

    checks = [HealthCheck("uploads", writable)]
    if url := cms.plugin_settings(MediaSettings).clamd_url:
        checks.append(HealthCheck("clamd", Clamd(url).ping))
    return checks


@hookimpl
def register_scanners(cms: CMS) -> Sequence[Scanner]:
    url = cms.plugin_settings(MediaSettings).clamd_url
    return [Scanner("clamd", Clamd(url).scan)] if url else []


@hookimpl
def lifespan(cms: CMS) -> AbstractAsyncContextManager[None]:
    @asynccontextmanager
    async def checked_storage() -> AsyncIterator[None]:
        if folder := uploads_folder(cms.settings):
            await asyncio.to_thread(prepare_folder, folder)
        yield
        await workshop_of(cms).close()

    return checked_storage()

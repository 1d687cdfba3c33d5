"""What cms-media contributes."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from cms_core import CMS, HealthCheck, hookimpl
from cms_media.folder import prepare_folder, uploads_folder, write_fault


@hookimpl
def register_health_checks(cms: CMS) -> Sequence[HealthCheck]:
    folder = uploads_folder(cms.settings)
    if folder is None:
        return ()

    async def writable() -> str | None:
        reason = await asyncio.to_thread(write_fault, folder)
        return reason and f"uploads can't be stored: {reason}"

    return (HealthCheck("uploads", writable),)


@hookimpl
def lifespan(cms: CMS) -> AbstractAsyncContextManager[None]:
    @asynccontextmanager
    async def checked_folder() -> AsyncIterator[None]:
        if folder := uploads_folder(cms.settings):
            await asyncio.to_thread(prepare_folder, folder)
        yield

    return checked_folder()

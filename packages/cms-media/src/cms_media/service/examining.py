"""Uploads are looked at before they become files: by scanners, and images by decoding them."""

from __future__ import annotations

from contextlib import aclosing

import structlog

from cms_core import CMSError, reason_of
from cms_media.errors import ScannerUnavailable, UnwantedFile
from cms_media.images.copies import local_copy
from cms_media.images.facts import ImageFacts
from cms_media.storage import ObjectMissing, StorageUnavailable
from cms_media.workshop import Workshop

log = structlog.get_logger(__name__)


async def examine(workshop: Workshop, key: str, media_type: str) -> ImageFacts | None:
    """Look at stored bytes; return what an image shows, None for everything else.

    Raises `UnwantedFile`, `UnreadableImage`, `ImageTooDemanding`, `ImagesBusy`, and what scanners
    and the storage raise.
    """
    try:
        await _scan(workshop, key)
        return await facts_of(workshop, key, media_type)
    except ObjectMissing as error:
        raise StorageUnavailable from error


async def facts_of(workshop: Workshop, key: str, media_type: str) -> ImageFacts | None:
    """What an image shows; None where it is none, or can't be decoded here for want of Pillow."""
    if not workshop.studio.takes(media_type):
        return None
    async with local_copy(workshop.storage, key) as path:
        return await workshop.studio.inspect(path, media_type)


async def _scan(workshop: Workshop, key: str) -> None:
    for scanner in workshop.scanners:
        try:
            async with aclosing(workshop.storage.read(key)) as chunks:
                found = await scanner.scan(chunks)
        except CMSError as error:
            reason = reason_of(error.__cause__ or error)
            log.warning("scan_failed", scanner=scanner.name, reason=reason)
            raise
        except Exception as error:  # of other people's code; the file is not looked at
            log.error("scan_failed", scanner=scanner.name, exc_info=error)
            raise ScannerUnavailable from error
        if found is not None:
            log.warning("upload_refused", scanner=scanner.name, found=found)
            raise UnwantedFile(f"{scanner.name} found {found}.")

"""From the attachments of a WordPress export to files."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import BinaryIO
from uuid import NAMESPACE_URL, UUID, uuid5

from cms_core import CMS, CMSError, InsufficientStorage, Invalid, Unavailable
from cms_posts.files import ForeignFile, file_importer_of
from cms_posts.references import MEDIA
from cms_posts.rendering import excerpt_of
from cms_posts.slugs import slugify
from cms_posts.transfer.importing import People
from cms_posts.transfer.origin import Origin, dates_of
from cms_posts.transfer.report import FileOutcome, Note, Report
from cms_posts.wordpress.addresses import Addresses
from cms_posts.wordpress.items import WxrAuthor, WxrItem, WxrSite
from cms_posts.wordpress.reader import BadExport, read_wxr
from cms_posts.wordpress.uploads import Uploads, places_of

ATTACHMENT = "attachment"
_IDS = uuid5(NAMESPACE_URL, "urn:cms-posts:wordpress-files")
#: What the folders of imported files are below.
_FOLDER = "wordpress"
_MAX_TITLE = 300


class FilesNotKept(Invalid):
    """Nothing here keeps files: install cms-media, or leave `--uploads` out.

    `cms plugins list` shows whether it is part of the set.
    """


@dataclass(slots=True)
class Attachments:
    """The files of a site, by their WordPress ids, and which of them are here."""

    were_imported: bool = False
    #: Where they were: galleries name files by their ids.
    addresses: dict[str, str] = field(default_factory=dict)
    files: dict[str, UUID] = field(default_factory=dict)
    moved: Addresses = field(default_factory=Addresses)


def attachments_in(stream: BinaryIO) -> Attachments:
    """Return where the files of an export are: posts come before the files that they show."""
    attachments = Attachments()
    for found in _read(stream):
        if isinstance(found, WxrItem) and found.file:
            attachments.addresses[found.id] = found.file
    return attachments


def _read(stream: BinaryIO) -> Iterator[WxrSite | WxrAuthor | WxrItem]:
    # A fault is raised again once the posts before it have been imported.
    with suppress(BadExport):
        yield from read_wxr(stream)


class AttachmentImporter:
    """Imports the files of a site that are in a copy of its uploads, and reports on them.

    Raises `FilesNotKept` where no plugin of the CMS keeps files.
    """

    def __init__(self, cms: CMS, report: Report, folder: Path, now: datetime) -> None:
        keeper = file_importer_of(cms)
        if keeper is None:
            raise FilesNotKept
        self._cms = cms
        self._report = report
        self._uploads = Uploads(folder)
        self._now = now
        self._keeper = keeper
        self._people = People(cms)
        self._origin = Origin(_IDS)

    async def run(self, stream: BinaryIO, progress: Callable[[], None]) -> Attachments:
        """Import all files; those that are missing or refused are reported and left out.

        `progress` is called after each. Raises `Unavailable` and `InsufficientStorage`: posts that
        came without their files would have to be purged before they could come again.
        """
        attachments = Attachments(were_imported=True)
        for found in _read(stream):
            if not isinstance(found, WxrItem):
                self._origin.hear(found)
            elif found.kind == ATTACHMENT:
                attachments.addresses[found.id] = found.file
                await self._take(found, attachments)
                progress()
        return attachments

    async def _take(self, item: WxrItem, attachments: Attachments) -> None:
        id = self._origin.id_for(item)
        address = await self._address(id)
        if address is not None:
            self._tell(item, FileOutcome.ALREADY_THERE)
        elif await self._import(id, item):
            address = await self._address(id)
        if address is not None:
            attachments.files[item.id] = id
            attachments.moved.add(item.file, address)

    async def _address(self, id: UUID) -> str | None:
        async with self._cms.db.snapshot() as session:
            known = await self._cms.references.resolve(session, MEDIA, [id])
        return str(known[id].public["url"]) if id in known else None

    async def _import(self, id: UUID, item: WxrItem) -> bool:
        """Import one file; say whether it is here now."""
        path = await asyncio.to_thread(self._uploads.find, item)
        if path is None:
            place = next(places_of(item), item.file)
            self._tell(item, FileOutcome.MISSING, f"Not in the folder: {place}")
            return False
        try:
            with await asyncio.to_thread(path.open, "rb") as content:
                await self._keeper.import_file(await self._described(id, item, path), content)
        except (Unavailable, InsufficientStorage):
            raise
        except (CMSError, OSError) as error:
            self._tell(item, FileOutcome.REFUSED, f"{path.name} was refused: {_reason(error)}")
            return False
        self._tell(item, FileOutcome.IMPORTED)
        return True

    async def _described(self, id: UUID, item: WxrItem, path: Path) -> ForeignFile:
        created_at, updated_at = dates_of(item, self._now)
        place = path.relative_to(self._uploads.folder)
        return ForeignFile(
            id=id,
            owner_id=await self._people.named(self._origin.author_of(item)),
            filename=path.name,
            folder=(_FOLDER / place.parent).as_posix(),
            title=_title(item, path.stem),
            alt=item.meta.get("_wp_attachment_image_alt", ""),
            created_at=created_at,
            updated_at=updated_at,
        )

    def _tell(self, item: WxrItem, outcome: FileOutcome, said: str = "") -> None:
        self._report.files[outcome] += 1
        if said:
            self._report.notes.append(Note(f"line {item.line}", item.title, said))


def _title(item: WxrItem, stem: str) -> str:
    """The title; the caption where the title only repeats the file's name, as it does at first."""
    title, caption = (excerpt_of(text, _MAX_TITLE) for text in (item.title, item.excerpt))
    is_made = not title or _slug_of(title) == _slug_of(stem)
    return caption if caption and is_made else title


def _slug_of(name: str) -> str:
    return slugify(name).removesuffix("-scaled")


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)

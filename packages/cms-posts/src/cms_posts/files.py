"""Files that imports bring along, for the plugin that keeps files."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, Protocol
from uuid import UUID
from weakref import WeakKeyDictionary

from cms_core import CMS


@dataclass(frozen=True, slots=True)
class ForeignFile:
    """What an import says of a file: plain texts, of any length.

    The same file has the same id whenever it comes.
    """

    id: UUID
    owner_id: UUID
    filename: str
    #: Names joined by slashes.
    folder: str
    title: str
    alt: str
    created_at: datetime
    updated_at: datetime


class FileImporter(Protocol):
    """Keeps the files that imports bring along.

    The plugin's resolver of `media` knows them from then on: its `url` is where they are.
    """

    async def import_file(self, file: ForeignFile, content: BinaryIO) -> None:
        """Keep a file under its id.

        Raises a `CMSError` where it is refused, and keeps nothing of it then. `Unavailable` and
        `InsufficientStorage` end the import: neither is the fault of the file.
        """


_importers: WeakKeyDictionary[CMS, FileImporter | None] = WeakKeyDictionary()


def file_importer_of(cms: CMS) -> FileImporter | None:
    """Return who keeps files of imports, if anybody does; first asked while the CMS is built."""
    if cms not in _importers:
        hooks = cms.contributions.extensions.get("register_file_importer", ())
        if len(hooks) > 1:
            names = " and ".join(hook.plugin.name for hook in hooks)
            raise ValueError(f"{names} both keep the files of imports")
        _importers[cms] = hooks[0](cms=cms) if hooks else None
    return _importers[cms]

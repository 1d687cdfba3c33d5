"""What the parts of this package share: one of each for every CMS."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from cms_core import CMS
from cms_media.background import Background
from cms_media.images.studio import Studio
from cms_media.scanning import Scanner, scanners_of
from cms_media.settings import MediaSettings
from cms_media.storage import Storage, open_storage


@dataclass(frozen=True)
class Workshop:
    """The tools for files."""

    settings: MediaSettings
    storage: Storage
    studio: Studio
    scanners: Sequence[Scanner]
    background: Background = field(default_factory=Background)

    async def close(self) -> None:
        """Finish what has begun, then let go of everything."""
        await self.background.settle()
        await self.studio.close()
        await self.storage.close()


_all: WeakKeyDictionary[CMS, Workshop] = WeakKeyDictionary()


def workshop_of(cms: CMS) -> Workshop:
    """Return the workshop of a CMS: routes, jobs and subscribers share it."""
    if cms not in _all:
        settings = cms.plugin_settings(MediaSettings)
        _all[cms] = Workshop(
            settings,
            open_storage(cms.settings.media_storage_url, cms.settings.data),
            Studio(settings),
            scanners_of(cms),
        )
    return _all[cms]

"""A copy of a WordPress site's folder of uploads, and where in it the files of attachments are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

from cms_posts.wordpress.items import WxrItem

_PATH = re.compile(r"(?:https?:)?//[^/?#]*(/[^?#]*)", re.IGNORECASE)
#: The name, with the year and month below which WordPress files it unless it is told not to.
_TAIL = re.compile(r"(?:\d{4}/\d{2}/)?[^/]+\Z")


class Uploads:
    """The folder; nothing outside of it is ever found, whatever an export or a link says."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()

    def find(self, item: WxrItem) -> Path | None:
        """Return where the file of an attachment is; None where it is missing."""
        return next(filter(None, map(self._inside, places_of(item))), None)

    def _inside(self, place: str) -> Path | None:
        try:
            path = (self.folder / place).resolve()
            found = path.is_relative_to(self.folder) and path.is_file()
        except (OSError, RuntimeError, ValueError):  # no file has such a name, or a link is a loop
            return None
        return path if found else None


def places_of(item: WxrItem) -> Iterator[str]:
    """Yield where the file of an attachment may be in the folder, the likeliest place first."""
    if place := item.meta.get("_wp_attached_file", "").strip():
        yield place
    address = _PATH.match(item.file)
    path = unquote(address[1]) if address else ""
    _, uploads, below = path.partition("/uploads/")
    if uploads:
        yield below
    if tail := _TAIL.search(path):
        yield tail[0]

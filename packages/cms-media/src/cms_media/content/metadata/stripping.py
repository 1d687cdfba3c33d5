"""The filter that images go through on their way in."""

from collections.abc import Callable, Mapping

from cms_media.content.metadata.avif import walk_avif
from cms_media.content.metadata.gif import walk_gif
from cms_media.content.metadata.jpeg import walk_jpeg
from cms_media.content.metadata.png import walk_png
from cms_media.content.metadata.webp import walk_webp
from cms_media.content.metadata.window import REST, TooManyParts, Walk, WalkEnded, Window

_WALKS: Mapping[str, Callable[[Window], Walk]] = {
    "image/jpeg": walk_jpeg,
    "image/png": walk_png,
    "image/gif": walk_gif,
    "image/webp": walk_webp,
    "image/avif": walk_avif,
}


class Stripper:
    """Overwrites metadata by zeros; the image, its colours, which way up it is and its size stay.

    It never fails: from where a file can't be followed any more, the rest passes as it is. What
    comes after more parts than any image has is overwritten, too.
    """

    def __init__(self, walk: Callable[[Window], Walk]) -> None:
        self._window = Window()
        self._walk = walk(self._window)

    @property
    def has_contraband(self) -> bool:
        """Whether what was taken out so far would be a page, a script or an archive elsewhere."""
        return self._window.contraband.found

    def feed(self, chunk: bytes) -> bytes:
        """Take the next bytes of the file; return those that are decided, in order."""
        self._window.data += chunk
        return self._go_on()

    def finish(self) -> bytes:
        """Return what is left, when the file is over."""
        self._window.ended = True
        return self._go_on()

    def _go_on(self) -> bytes:
        try:
            next(self._walk)
        except TooManyParts:
            self._walk = self._window.blank(REST)
            return self._go_on()
        except (WalkEnded, StopIteration):
            self._window.at = len(self._window.data)
        return self._window.release()


def stripper(media_type: str) -> Stripper | None:
    """Return a filter for one file of this type; None when such files pass as they are."""
    walk = _WALKS.get(media_type)
    return Stripper(walk) if walk else None

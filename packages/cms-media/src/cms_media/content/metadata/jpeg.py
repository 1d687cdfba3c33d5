"""JPEG: segments, and between them the coded image, in which a marker never occurs by chance."""

import re

from cms_media.content.metadata.exif import PREFIX, only_orientation
from cms_media.content.metadata.window import REST, Walk, Window

# Markers that begin a segment, and the end; others stand alone, or are padding or coded bytes.
_MARKER = re.compile(rb"\xff[^\x00\x01\xd0-\xd8\xff]")
_END = 0xD9
_EXIF = 0xE1
#: Application data and comments.
_DESCRIPTIONS = frozenset({*range(0xE0, 0xF0), 0xFE})
#: Which of them decoders need: how these begin, and how much of them is no thumbnail.
_NEEDED = {
    0xE0: (b"JFIF\0", 12),
    0xE2: (b"ICC_PROFILE\0", REST),
    0xEE: (b"Adobe", 12),
}


def walk_jpeg(window: Window) -> Walk:
    """Take out metadata, thumbnails, and what comes after the image: other images, or a film."""
    while True:
        window.begin_part()
        yield from window.keep_until(_MARKER)
        marker = (yield from window.need(2))[1]
        if marker == _END:
            break
        yield from window.keep(2)
        yield from _walk_segment(window, marker)
    yield from window.keep(2)
    yield from window.blank(REST)


def _walk_segment(window: Window, marker: int) -> Walk:
    # The length counts itself. One that is too short is none: the next marker is searched.
    length = max(int.from_bytes((yield from window.need(2)), "big") - 2, 0)
    yield from window.keep(2)
    if marker in _DESCRIPTIONS:
        window.write(_reduced(marker, (yield from window.peek(length))))
    else:
        yield from window.keep(length)


def _reduced(marker: int, content: bytes) -> bytes:
    if marker == _EXIF and content.startswith(PREFIX):
        return only_orientation(content)
    beginning, needed = _NEEDED.get(marker, (b"", 0))
    kept = content[:needed] if content.startswith(beginning) else b""
    return kept.ljust(len(content), b"\0")

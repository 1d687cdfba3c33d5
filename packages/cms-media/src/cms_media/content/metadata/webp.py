"""WebP: a RIFF file of chunks."""

from cms_media.content.metadata.exif import only_orientation
from cms_media.content.metadata.window import REST, Walk, Window

_FRAME, _EXIF = b"ANMF", b"EXIF"
_NEEDED = frozenset({b"VP8X", b"ICCP", b"ANIM", b"ALPH", b"VP8 ", b"VP8L"})
#: How much of a frame comes before the chunks that it is made of.
_FRAME_BYTES = 16
#: How far the orientation is searched.
_MAX_EXIF = 64 * 1024


def walk_webp(window: Window) -> Walk:
    """Take out Exif but the orientation, XMP, unknown chunks, and what comes after the end."""
    head = yield from window.need(12)
    left = int.from_bytes(head[4:8], "little") - 4
    yield from window.keep(12)
    while left >= 8:
        window.begin_part()
        head = yield from window.need(8)
        yield from window.keep(8)
        left -= 8
        size = min(_size(head), left)
        yield from _walk_content(window, head[:4], size)
        left -= size
    yield from window.blank(REST)


def _size(head: bytes) -> int:
    """How much belongs to a chunk; the chunks in a frame are walked like those around it."""
    if head.startswith(_FRAME):
        return _FRAME_BYTES
    size = int.from_bytes(head[4:], "little")
    return size + size % 2


def _walk_content(window: Window, name: bytes, size: int) -> Walk:
    if name == _FRAME or name in _NEEDED:
        yield from window.keep(size)
        return
    if name == _EXIF:
        exif = only_orientation((yield from window.peek(min(size, _MAX_EXIF))))
        window.write(exif)
        size -= len(exif)
    yield from window.blank(size)

"""AVIF: boxes in boxes. The one named `meta` lists the items of the file and where these are."""

from collections import deque

from cms_media.content.metadata.items import BLANK_BOX, take_out_items
from cms_media.content.metadata.window import REST, Walk, WalkEnded, Window

_META = b"meta"
#: What is needed of the file, and of the boxes that are made of boxes.
_NEEDED = {
    b"": frozenset({b"ftyp", _META, b"moov", b"mdat"}),
    b"moov": frozenset({b"mvhd", b"trak", b"mvex"}),
    b"trak": frozenset({b"tkhd", b"tref", b"edts", b"mdia"}),
}
#: Longest list of items that is read, for it is held as a whole.
_MAX_META = 256 * 1024


def walk_avif(window: Window) -> Walk:
    """Take out Exif, XMP, and boxes that nobody needs to show the image.

    Items in front of their list stay, and those in a list of more than 256 KiB: no encoder that
    is known writes either. Which way up the image is, is none of its metadata.
    """
    yield from _walk_boxes(window, b"", REST, deque())


def _walk_boxes(window: Window, container: bytes, end: int, items: deque[range]) -> Walk:
    while window.position < end:
        head = yield from window.peek(16)
        size, name = int.from_bytes(head[:4], "big"), head[4:8]
        head_bytes = 8
        if size == 1:
            size, head_bytes = int.from_bytes(head[8:], "big"), 16
        elif size == 0:
            size = REST
        if len(head) < head_bytes or size < head_bytes:
            raise WalkEnded
        yield from _walk_box(...)

"""AVIF: boxes in boxes. The one named `meta` lists the items of the file and where these are."""

from collections import deque
from collections.abc import Generator
from typing import NamedTuple

from cms_media.content.metadata.items import blank_items
from cms_media.content.metadata.window import REST, Walk, WalkEnded, Window

_META = b"meta"
#: What is needed of the file, and of the boxes that are made of boxes.
_NEEDED = {
    b"": frozenset({b"ftyp", _META, b"moov", b"mdat"}),
    b"moov": frozenset({b"mvhd", b"trak", b"mvex"}),
    b"trak": frozenset({b"tkhd", b"tref", b"edts", b"mdia"}),
}
#: What the others become.
_BLANK = b"free"
#: Longest list of items that is read: it is held as a whole.
_MAX_META = 256 * 1024


class _Box(NamedTuple):
    """The beginning of a box, and the size of it all."""

    head: bytes
    name: bytes
    size: int


def walk_avif(window: Window) -> Walk:
    """Take out Exif, XMP, and boxes that nobody needs to show the image.

    Items in front of their list stay, and so do those of a list longer than 256 KiB: encoders
    write neither. Which way up the image is, other items say.
    """
    yield from _walk_boxes(window, b"", REST, deque())


def _walk_boxes(window: Window, container: bytes, end: int, metadata: deque[range]) -> Walk:
    """`metadata` is what of the rest of the file is to be blanked, in its order."""
    needed = set(_NEEDED[container])
    while window.position < end:
        window.begin_part()
        box = yield from _next_box(window)
        if box.name not in needed:
            window.write(box.head[:4] + _BLANK + box.head[8:])
            yield from window.blank(box.size - len(box.head))
        elif box.name == _META and box.size <= _MAX_META:
            items, extents = blank_items((yield from window.need(box.size)), len(box.head))
            window.write(items)
            metadata.extend(extents)
            needed.remove(_META)  # there is only one
        else:
            box_end = window.position + box.size
            yield from window.keep(len(box.head))
            if box.name in _NEEDED:
                yield from _walk_boxes(window, box.name, box_end, metadata)
            else:
                yield from _keep_but(window, box_end, metadata)


def _next_box(window: Window) -> Generator[None, None, _Box]:
    head = yield from window.need(8)
    size = int.from_bytes(head[:4], "big")
    if size == 1:
        head = yield from window.need(16)
        size = int.from_bytes(head[8:], "big")
    elif size == 0:
        size = REST
    if size < len(head):
        raise WalkEnded
    return _Box(head, head[4:8], size)


def _keep_but(window: Window, end: int, metadata: deque[range]) -> Walk:
    while metadata and metadata[0].start < end:
        extent = metadata.popleft()
        yield from window.keep(max(extent.start - window.position, 0))
        yield from window.blank(max(min(extent.stop, end) - window.position, 0))
    yield from window.keep(end - window.position)

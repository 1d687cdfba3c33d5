"""The items of an AVIF file: what its box `meta` says of them (ISO/IEC 14496-12, 8.11)."""

from collections.abc import Container, Iterator
from io import BytesIO

from cms_media.content.metadata.window import WalkEnded

_EXIF = b"Exif"
_METADATA = frozenset({_EXIF, b"mime", b"uri "})
#: What Exif becomes: a type that nobody knows, since decoders refuse Exif that is blank.
_BLANK = b"zero"
#: What the places of items count from: the start of the file, or of the box `idat`.
_FILE, _DATA = 0, 1


def blank_items(meta: bytes, head: int) -> tuple[bytes, list[range]]:
    """Return the box without what is metadata in it, and where the rest of that is in the file.

    `head` is how long the beginning of the box is. Raises `WalkEnded` when it can't be read.
    """
    edited = bytearray(meta)
    boxes = dict(_boxes(meta, range(head + 4, len(meta))))
    types = dict(_metadata_types(meta, boxes.get(b"iinf", range(0))))
    if not types:
        return meta, []
    for at in types.values():
        if meta[at : at + 4] == _EXIF:
            edited[at : at + 4] = _BLANK
    data, elsewhere = boxes.get(b"idat", range(0)), []
    for origin, extent in _extents(meta, boxes.get(b"iloc", range(0)), types):
        if origin == _FILE:
            elsewhere.append(extent)
        elif origin == _DATA:
            here = data[extent.start : extent.stop]
            edited[here.start : here.stop] = bytes(len(here))
    return bytes(edited), sorted(elsewhere, key=lambda extent: extent.start)


def _boxes(meta: bytes, within: range) -> Iterator[tuple[bytes, range]]:
    """The name of each box, and where its content is."""
    while len(within) >= 8:
        size = int.from_bytes(meta[within.start : within.start + 4], "big")
        if not 8 <= size <= len(within):
            raise WalkEnded
        yield meta[within.start + 4 : within.start + 8], within[8:size]
        within = within[size:]


def _metadata_types(meta: bytes, infos: range) -> Iterator[tuple[int, int]]:
    """The number of each item that is metadata, and where its type is written."""
    count_bytes = 4 if any(meta[infos.start : infos.start + 1]) else 2
    for _, info in _boxes(meta, infos[4 + count_bytes :]):
        item_at = info.start + 4
        type_at = item_at + (6 if meta[info.start : info.start + 1] == b"\x03" else 4)
        if meta[type_at : type_at + 4] in _METADATA:
            yield int.from_bytes(meta[item_at : type_at - 2], "big"), type_at


def _extents(meta: bytes, places: range, items: Container[int]) -> Iterator[tuple[int, range]]:
    """The pieces of these items, and what their places count from."""
    numbers = _Numbers(meta[places.start : places.stop])
    version = numbers.next(1)
    numbers.next(3)
    sizes = numbers.next(2)
    offset_bytes, length_bytes, base_bytes, index_bytes = (sizes >> n & 15 for n in (12, 8, 4, 0))
    if not offset_bytes + length_bytes:
        raise WalkEnded  # any number of extents would fit into no bytes at all
    wide = 2 if version < 2 else 4
    for _ in range(numbers.next(wide)):
        item = numbers.next(wide)
        origin = numbers.next(2) & 15 if version else _FILE
        numbers.next(2)
        base = numbers.next(base_bytes)
        for _ in range(numbers.next(2)):
            numbers.next(index_bytes if version else 0)
            start = base + numbers.next(offset_bytes)
            length = numbers.next(length_bytes)
            if item in items:
                yield origin, range(start, start + length)


class _Numbers:
    """Reads one number after the other."""

    def __init__(self, content: bytes) -> None:
        self._content = BytesIO(content)

    def next(self, size: int) -> int:
        digits = self._content.read(size)
        if len(digits) < size:
            raise WalkEnded
        return int.from_bytes(digits, "big")

"""PNG files that no library would write."""

from __future__ import annotations

from collections.abc import Iterable
from struct import Struct
from zlib import compressobj, crc32

SIGNATURE = b"\x89PNG\r\n\x1a\n"
GREY, RGB, PALETTE, GREY_ALPHA, RGBA = 0, 2, 3, 4, 6
CHANNELS = {GREY: 1, RGB: 3, PALETTE: 1, GREY_ALPHA: 2, RGBA: 4}
#: Where the pixels of each pass begin, and how far they are from each other: x, y, x, y.
_PASSES = (
    (0, 0, 8, 8),
    (4, 0, 8, 8),
    (0, 4, 4, 8),
    (2, 0, 4, 4),
    (0, 2, 2, 4),
    (1, 0, 2, 2),
    (0, 1, 1, 2),
)
_HEAD = Struct(">IIBBBBB")
_ROWS = 64


def chunk(name: bytes, content: bytes = b"") -> bytes:
    """One chunk, with its length and checksum."""
    checksum = crc32(name + content).to_bytes(4, "big")
    return len(content).to_bytes(4, "big") + name + content + checksum


def head(
    width: int, height: int, colour: int = RGB, depth: int = 8, *, passes: bool = False
) -> bytes:
    """The chunk that says how large an image is."""
    return chunk(b"IHDR", _HEAD.pack(width, height, depth, colour, 0, 0, passes))


def png(first: bytes, rows: Iterable[bytes], level: int = 9) -> bytes:
    """A file with that head and these rows of pixels."""
    press = compressobj(level)
    pressed = b"".join(press.compress(each) for each in rows) + press.flush()
    return b"".join((SIGNATURE, first, chunk(b"IDAT", pressed), chunk(b"IEND")))


def flat(width: int, height: int, colour: int = RGB, depth: int = 8) -> bytes:
    """A large image that is nothing but black, and a small file."""
    row = bytes(1 + (width * CHANNELS[colour] * depth + 7) // 8)
    rows = (row * min(_ROWS, height - at) for at in range(0, height, _ROWS))
    return png(head(width, height, colour, depth), rows)


def interlaced(width: int, height: int, pixels: bytes) -> bytes:
    """An image of RGB pixels that comes in seven passes."""
    rows = []
    for left, top, across, down in _PASSES:
        for start in range(3 * top * width, 3 * height * width, 3 * down * width):
            row = [pixels[start + 3 * x : start + 3 * x + 3] for x in range(left, width, across)]
            if row:
                rows.append(b"\0" + b"".join(row))
    return png(head(width, height, passes=True), rows)


def with_chunks(content: bytes, *chunks: bytes) -> bytes:
    """The same file with other chunks behind its head."""
    behind = len(SIGNATURE) + 12 + _HEAD.size
    return b"".join((content[:behind], *chunks, content[behind:]))


def mended(content: bytes) -> bytes:
    """The same file with right checksums: else nobody would look into a changed one."""
    if not content.startswith(SIGNATURE):
        return content
    edited, at = bytearray(content), len(SIGNATURE)
    while at + 12 <= len(edited):
        end = at + 8 + int.from_bytes(edited[at : at + 4], "big")
        if end + 4 > len(edited):
            break
        edited[end : end + 4] = crc32(edited[at + 4 : end]).to_bytes(4, "big")
        at = end + 4
    return bytes(edited)

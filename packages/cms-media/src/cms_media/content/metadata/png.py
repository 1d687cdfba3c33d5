"""PNG: chunks, each with a name and a checksum."""

from zlib import crc32

from cms_media.content.metadata.window import REST, Walk, WalkEnded, Window

_SIGNATURE_BYTES = 8
_END = b"IEND"
#: A length, a name and a checksum.
_EMPTY_BYTES = 12
#: The image, and what changes how it is seen.
_NEEDED = frozenset(
    {b"IHDR", b"PLTE", b"IDAT", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"cICP", b"mDCV"}
    | {b"cLLI", b"sBIT", b"bKGD", b"pHYs", b"hIST", b"sPLT", b"acTL", b"fcTL", b"fdAT"}
)
#: What others become: a chunk that nobody knows, and that editors may carry along.
_BLANK = b"zeRo"
_ZEROS = bytes(64 * 1024)
_MAX_LENGTH = 2**31 - 1


def walk_png(window: Window) -> Walk:
    """Take out the text, Exif, dates, what only some program knows, and what comes after the end.

    The orientation in Exif goes, too: browsers do not agree whether it counts in a PNG.
    """
    yield from window.keep(_SIGNATURE_BYTES)
    while True:
        window.begin_part()
        head = yield from window.need(8)
        length, name = int.from_bytes(head[:4], "big"), head[4:]
        if length > _MAX_LENGTH:
            raise WalkEnded
        if name == _END:
            break
        if name in _NEEDED:
            yield from window.keep(length + _EMPTY_BYTES)
        else:
            window.write(head[:4] + _BLANK)
            yield from _blank(window, length)
    yield from window.keep(_EMPTY_BYTES)
    yield from window.blank(REST)


def _blank(window: Window, length: int) -> Walk:
    checksum = crc32(_BLANK)
    while length:
        piece = _ZEROS[:length]
        yield from window.blank(len(piece))
        checksum = crc32(piece, checksum)
        length -= len(piece)
    seen = yield from window.peek(4)
    window.write(checksum.to_bytes(4, "big")[: len(seen)])

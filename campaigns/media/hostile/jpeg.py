"""JPEG files that no library would write."""

from __future__ import annotations

from struct import pack

#: The most blocks that one code can leave out.
_RUN = 32_767


def segment(marker: int, content: bytes) -> bytes:
    """One segment, with its length."""
    return b"\xff" + bytes((marker,)) + pack(">H", len(content) + 2) + content


def with_segments(content: bytes, *segments: bytes) -> bytes:
    """The same file with other segments in front of its own."""
    return b"".join((content[:2], *segments, content[2:]))


def scans(side: int, count: int) -> bytes:
    """A grey progressive image whose coefficients come in so many scans, all of them zero."""
    blocks = ((side + 7) // 8) ** 2
    runs, rest = divmod(blocks, _RUN)
    # Codes: 0 and 14 bits for a run of blocks, 10 for a single one.
    bits = ("0" + "1" * 14) * runs + "10" * rest
    bits += "1" * (-len(bits) % 8)
    body = int(bits, 2).to_bytes(len(bits) // 8, "big").replace(b"\xff", b"\xff\0")
    first = segment(0xDA, b"\1\1\0\0\0\0") + bytes((blocks + 7) // 8)
    others = (
        segment(0xDA, bytes((1, 1, 0, 1 + at % 63, 1 + at % 63, 0))) + body for at in range(count)
    )
    tables = (
        segment(0xDB, b"\0" + b"\1" * 64),
        segment(0xC2, pack(">BHHB", 8, side, side, 1) + b"\1\x11\0"),
        segment(0xC4, b"\0\1" + bytes(15) + b"\0"),
        segment(0xC4, b"\x10\1\1" + bytes(14) + b"\xe0\0"),
    )
    return b"".join((b"\xff\xd8", *tables, first, *others, b"\xff\xd9"))

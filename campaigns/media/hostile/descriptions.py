"""What images say of themselves, said so that reading it does harm."""

from __future__ import annotations

import random
import zlib
from functools import cache

from campaigns.media.hostile import png
from campaigns.media.hostile.pictures import EXTENSIONS, PROFILE, encoded, picture
from campaigns.media.hostile.specimens import CREATED, Specimen

_WITH_BOTH = ("JPEG", "PNG", "WEBP")
#: Bytes that a few kilobytes unpack to.
_UNPACKED = 100_000_000
_TIFF = b"II*\0\x08\0\0\0"
_LONG, _ASCII = 4, 2
_EXIF, _GPS, _ARTIST, _ORIENTATION = 0x8769, 0x8825, 0x013B, 0x0112


def loops(chance: random.Random) -> Specimen:
    """Exif whose directories lead to themselves, or to nowhere."""
    nowhere = 2**32 - 1
    entries = chance.choice(
        (
            [(_EXIF, _LONG, 1, 8), (_GPS, _LONG, 1, 8)],
            [(_EXIF, _LONG, nowhere, nowhere)],
            [(_ARTIST, _ASCII, nowhere, 8), (_ORIENTATION, _LONG, nowhere, 0)],
            [(_GPS, _LONG, 1, nowhere)] * 4000,
        )
    )
    directory = len(entries).to_bytes(2, "little") + b"".join(_entry(*each) for each in entries)
    exif = _TIFF + directory + chance.choice((8, 0, nowhere)).to_bytes(4, "little")
    return _image(chance.choice(_WITH_BOTH), exif=exif)


def _entry(tag: int, type: int, count: int, value: int) -> bytes:
    numbers = ((tag, 2), (type, 2), (count, 4), (value, 4))
    return b"".join(number.to_bytes(size, "little") for number, size in numbers)


def profiles(chance: random.Random) -> Specimen:
    """A profile of colours that is broken."""
    at = chance.randrange(len(PROFILE) - 4)
    broken = (
        PROFILE[:at],
        chance.randbytes(2000),
        b"\xff" * 4 + PROFILE[4:],
        PROFILE[:128] + b"\xff\xff\xff\xff" + PROFILE[132:],
        PROFILE[:at] + chance.randbytes(4) + PROFILE[at + 4 :],
        PROFILE[:16] + chance.choice((b"CMYK", b"GRAY", b"Lab ")) + PROFILE[20:],
    )
    return _image(chance.choice(_WITH_BOTH), icc_profile=chance.choice(broken))


def unpacked(chance: random.Random) -> Specimen:
    """Text, or a profile of colours, of which a little unpacks to a lot."""
    names = {b"zTXt": b"\0\0", b"iCCP": b"\0\0", b"iTXt": b"\0\1\0\0\0"}
    name = chance.choice(list(names))
    bomb = png.chunk(name, b"Name" + names[name] + _packed())
    content = png.with_chunks(encoded(picture(), "PNG"), *[bomb] * chance.choice((1, 20)))
    return Specimen(content, ".png")


@cache
def _packed() -> bytes:
    return zlib.compress(bytes(_UNPACKED), 9)


def _image(format: str, **options: bytes) -> Specimen:
    return Specimen(encoded(picture(), format, **options), EXTENSIONS[format], {CREATED})

"""Small files that ask for a lot: of pixels, of memory, of time."""

from __future__ import annotations

import random
from functools import cache

from PIL import Image

from campaigns.media.hostile import png
from campaigns.media.hostile.jpeg import scans
from campaigns.media.hostile.pictures import EXTENSIONS, encoded, moving, picture
from campaigns.media.hostile.specimens import INVALID, TOO_LARGE, Specimen

#: Sides of images that nobody shall decode; 16383 is as large as WebP gets.
_CLAIMED = (16_383, 30_000, 65_500, 65_535)
#: Bytes that nothing of this kind may have, and a few more.
OVERSIZE = 50 * 1024 * 1024 + 1
#: Sides of PNG images (RGB) that just fit into the memory that there is for one, or just don't.
_BRINK = range(5400, 5900, 50)


def claims(chance: random.Random) -> Specimen:
    """A small image whose head says that it is huge."""
    width, height = chance.choice(_CLAIMED), chance.choice(_CLAIMED)
    format, content = chance.choice(_HEADS)(width, height)
    return Specimen(content, EXTENSIONS[format], {INVALID})


def _huge_png(width: int, height: int) -> tuple[str, bytes]:
    small = png.flat(64, 64)
    return "PNG", small.replace(png.head(64, 64), png.head(width, height))


def _huge_gif(width: int, height: int) -> tuple[str, bytes]:
    small = encoded(picture("P"), "GIF")
    return "GIF", small[:6] + _little(width, 2) + _little(height, 2) + small[10:]


def _huge_frame(width: int, height: int) -> tuple[str, bytes]:
    small = encoded(Image.new("P", (64, 64)), "GIF")
    at = small.index(b",\0\0\0\0\x40\0\x40\0") + 5
    return "GIF", small[:at] + _little(width, 2) + _little(height, 2) + small[at + 4 :]


def _huge_webp(width: int, height: int) -> tuple[str, bytes]:
    small = encoded(picture("RGBA"), "WEBP")
    at = small.index(b"VP8X") + 12
    return "WEBP", small[:at] + _little(width - 1, 3) + _little(height - 1, 3) + small[at + 6 :]


def _huge_avif(width: int, height: int) -> tuple[str, bytes]:
    small = encoded(picture(), "AVIF")
    at = small.index(b"ispe") + 8
    size = width.to_bytes(4, "big") + height.to_bytes(4, "big")
    return "AVIF", small[:at] + size + small[at + 8 :]


def _huge_jpeg(width: int, height: int) -> tuple[str, bytes]:
    small = encoded(picture(), "JPEG")
    at = small.index(b"\xff\xc0") + 5
    size = height.to_bytes(2, "big") + width.to_bytes(2, "big")
    return "JPEG", small[:at] + size + small[at + 4 :]


def _little(value: int, size: int) -> bytes:
    return value.to_bytes(size, "little")


_HEADS = (_huge_png, _huge_gif, _huge_frame, _huge_webp, _huge_avif, _huge_jpeg)


def pixels(chance: random.Random) -> Specimen:
    """A real image of more pixels than anybody may send."""
    return chance.choice((_wide_grey, _huge_flat))()


def memory(chance: random.Random) -> Specimen:
    """A real image that takes more memory than there is for one."""
    return chance.choice((_large_rgb, _large_flat))()


@cache
def _wide_grey() -> Specimen:
    return Specimen(png.flat(30_000, 4000, png.GREY), ".png", {INVALID})


@cache
def _large_rgb() -> Specimen:
    return Specimen(png.flat(7000, 7000), ".png", {INVALID})


def _huge_flat() -> Specimen:
    return Specimen(_flat_webp(16_383), ".webp", {INVALID})


def _large_flat() -> Specimen:
    return Specimen(_flat_webp(4000), ".webp", {INVALID})


def _flat_webp(side: int) -> bytes:
    """An image of 34 bytes, however large: of one colour, which no bit has to be spent on."""
    small = encoded(Image.new("L", (64, 64)), "WEBP", lossless=True, method=0)
    at = small.index(b"VP8L") + 9
    flags = int.from_bytes(small[at : at + 4], "little") >> 28 << 28
    return small[:at] + _little(flags | side - 1 | side - 1 << 14, 4) + small[at + 4 :]


def brink(chance: random.Random) -> Specimen:
    """An image that takes as much memory as it may, or a little more."""
    return Specimen(_just(chance.choice(_BRINK)), ".png")


@cache
def _just(side: int) -> bytes:
    return png.flat(side, side)


def frames(chance: random.Random) -> Specimen:
    """Thousands of pictures in one."""
    format = chance.choice(("PNG", "GIF", "WEBP"))
    return Specimen(_film(format), EXTENSIONS[format])


@cache
def _film(format: str) -> bytes:
    return moving(format, 3000, (8, 6))


def passes(chance: random.Random) -> Specimen:
    """A JPEG of up to thousands of passes, each over all of its pixels: small, but slow."""
    side, count = chance.choice((1000, 2000, 6000)), int(10 ** chance.uniform(1, 3.5))
    return Specimen(scans(side, count), ".jpg")


def oversize(chance: random.Random) -> Specimen:
    """An image with more bytes behind it than an image may have."""
    seed = encoded(picture(), "JPEG")
    return Specimen(seed.ljust(OVERSIZE, b"\0"), ".jpg", {TOO_LARGE})


def halves(chance: random.Random) -> Specimen:
    """An image that breaks off in the middle of its pixels."""
    format = chance.choice(("JPEG", "PNG", "WEBP", "AVIF"))
    whole = encoded(picture(size=(300, 200)), format)
    kept = int(len(whole) * chance.uniform(0.4, 0.8))
    return Specimen(whole[:kept], EXTENSIONS[format], {INVALID})

"""PNG: which chunks stay."""

from zlib import crc32

import pytest

from .images import SECRET, encoded, orientation_of, secret_exif, shown, strip

PLAIN = encoded("PNG")
SIGNATURE = 8


def chunk(name: bytes, content: bytes = b"") -> bytes:
    checksum = crc32(name + content).to_bytes(4, "big")
    return len(content).to_bytes(4, "big") + name + content + checksum


def with_chunk(name: bytes, content: bytes) -> bytes:
    header = SIGNATURE + len(chunk(b"IHDR", bytes(13)))
    return PLAIN[:header] + chunk(name, content) + PLAIN[header:]


def stripped(content: bytes) -> bytes:
    return strip("image/png", content)


@pytest.mark.parametrize(
    "name",
    [b"tEXt", b"zTXt", b"iTXt", b"eXIf", b"tIME", b"caBX", b"iDOT", b"prVt", b"TEXT", b"a1_z"],
)
def test_a_chunk_that_does_not_change_the_image_becomes_an_unknown_one(name: bytes) -> None:
    assert stripped(with_chunk(name, SECRET)) == with_chunk(b"zeRo", bytes(len(SECRET)))


def test_so_does_a_large_one() -> None:
    assert stripped(with_chunk(b"iTXt", SECRET * 50_000)) == with_chunk(b"zeRo", bytes(300_000))


def test_the_orientation_is_dropped() -> None:
    image = encoded("PNG", exif=secret_exif(6))

    assert orientation_of(stripped(image)) is None
    assert shown(stripped(image)) == shown(image)


@pytest.mark.parametrize(
    "name",
    b"tRNS gAMA cHRM sRGB iCCP cICP mDCV cLLI sBIT bKGD pHYs hIST sPLT acTL fcTL fdAT PLTE".split(),
)
def test_a_chunk_that_may_change_the_image_stays(name: bytes) -> None:
    image = with_chunk(name, b"content")

    assert stripped(image) == image


def test_the_end_holds_nothing() -> None:
    image = PLAIN[: -len(chunk(b"IEND"))] + chunk(b"IEND", SECRET)

    assert SECRET not in stripped(image)
    assert shown(stripped(image)) == shown(PLAIN)


def test_what_is_no_chunk_passes_with_all_that_follows() -> None:
    image = PLAIN[:SIGNATURE] + b"\x80\0\0\0tEXt" + SECRET + chunk(b"tEXt", SECRET)

    assert stripped(image) == image

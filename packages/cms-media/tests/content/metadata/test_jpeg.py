"""JPEG: which segments stay, and where the image ends."""

from io import BytesIO

import pytest
from PIL import Image

from .images import SECRET, encoded, orientation_of, picture, secret_exif, shown, strip

START, END = b"\xff\xd8", b"\xff\xd9"
PLAIN = encoded("JPEG")


def segment(marker: int, content: bytes) -> bytes:
    return bytes((0xFF, marker)) + (len(content) + 2).to_bytes(2, "big") + content


def with_segment(marker: int, content: bytes) -> bytes:
    return START + segment(marker, content) + PLAIN.removeprefix(START)


def stripped(content: bytes) -> bytes:
    return strip("image/jpeg", content)


@pytest.mark.parametrize(
    ("marker", "content"),
    [
        (0xE0, b"JFXX\0\x10SECRET"),
        (0xE1, b"http://ns.adobe.com/xap/1.0/\0SECRET"),
        (0xE1, b"http://ns.adobe.com/xmp/extension/\0SECRET"),
        (0xE1, b"Exif\0\0SECRET"),
        (0xE2, b"MPF\0SECRET"),
        *((marker, b"SECRET") for marker in range(0xE3, 0xF0)),
        (0xED, b"Photoshop 3.0\0SECRET"),
        (0xFE, b"SECRET"),
    ],
)
def test_a_segment_that_decoders_do_not_need_is_blanked(marker: int, content: bytes) -> None:
    image = stripped(with_segment(marker, content))

    assert SECRET not in image
    assert image.endswith(PLAIN.removeprefix(START))


def test_how_colours_are_coded_stays_and_nothing_behind_it() -> None:
    colours = b"Adobe\0\x64\x80\0\0\0\2"

    assert stripped(with_segment(0xEE, colours + SECRET)) == with_segment(0xEE, colours + bytes(6))


def test_a_thumbnail_in_the_header_is_blanked() -> None:
    header = b"JFIF\0\1\1\0\0\1\0\1"
    image = with_segment(0xE0, header + b"\1\2SECRET")

    assert stripped(image) == with_segment(0xE0, header + bytes(8))


def test_segments_after_padding_and_between_scans_are_blanked() -> None:
    progressive = encoded("JPEG", progressive=True)
    scan = progressive.index(b"\xff\xda")
    scan = progressive.index(b"\xff\xda", scan + 2)
    image = progressive[:scan] + b"\xff\xff" + segment(0xFE, SECRET) + progressive[scan:]

    assert SECRET not in stripped(image)
    assert shown(stripped(image)) == shown(progressive)


def test_the_end_of_a_thumbnail_is_not_the_end_of_the_image() -> None:
    image = with_segment(0xE1, b"Exif\0\0" + encoded("JPEG", picture("L")))

    assert shown(stripped(image)) == shown(PLAIN)


@pytest.mark.parametrize("coded", [0, 1, *range(0xD0, 0xD8)])
def test_coded_bytes_and_restarts_are_no_segments(coded: int) -> None:
    image = START + segment(0xDA, bytes(6)) + bytes((0xFF, coded, 0, 4)) + END

    assert stripped(image + SECRET) == image + bytes(len(SECRET))


def test_other_images_behind_the_first_are_blanked() -> None:
    others = [picture().rotate(180)]
    image = encoded("MPO", save_all=True, append_images=others, exif=secret_exif())

    first, zeros = stripped(image).split(END, 1)

    assert not zeros.strip(b"\0")
    with Image.open(BytesIO(first + END)) as opened:
        assert opened.format == "JPEG"


@pytest.mark.parametrize("endian", ["<", ">"])
@pytest.mark.parametrize("orientation", range(2, 9))
def test_the_orientation_is_kept_in_either_byte_order(orientation: int, endian: str) -> None:
    image = encoded("JPEG", exif=secret_exif(orientation, endian))

    assert orientation_of(stripped(image)) == orientation


@pytest.mark.parametrize(
    "exif",
    [
        b"",
        b"MM\0*",
        b"MM\0*\xff\xff\xff\xff",
        b"MM\0*\0\0\0\x08\xff\xff\x01\x12\0\x03",
        b"MM\0*\0\0\0\x08\0\1\x01\x12\0\x03\0\0\0\1\0\x09\0\0" + bytes(4),
        secret_exif().tobytes().removeprefix(b"Exif\0\0"),
    ],
    ids=["none", "no offset", "far offset", "cut off", "unknown", "upright"],
)
def test_without_a_known_orientation_none_is_said(exif: bytes) -> None:
    image = stripped(with_segment(0xE1, b"Exif\0\0" + exif))

    assert orientation_of(image) is None
    assert shown(image) == shown(PLAIN)

"""GIF: which extensions stay."""

import pytest

from .images import SECRET, encoded, shown, strip

PLAIN = encoded("GIF")
#: Where the first block is, after the table of 256 colours.
BLOCKS = 13 + 3 * 256


def extension(label: int, *sub_blocks: bytes) -> bytes:
    return bytes((0x21, label)) + b"".join(bytes((len(b),)) + b for b in sub_blocks) + b"\0"


def with_extension(label: int, *sub_blocks: bytes) -> bytes:
    return PLAIN[:BLOCKS] + extension(label, *sub_blocks) + PLAIN[BLOCKS:]


def stripped(content: bytes) -> bytes:
    return strip("image/gif", content)


@pytest.mark.parametrize(
    ("label", "sub_blocks"),
    [
        (0xFE, [SECRET]),
        (0xFE, [SECRET * 40, SECRET * 40, SECRET, b"t", SECRET * 20]),
        (0xFE, []),
        (0xFF, [b"XMP DataXMP", SECRET]),
        (0xFF, [b"MGK8BIM0000", SECRET * 40]),
        (0x77, [SECRET]),
    ],
)
def test_comments_and_what_programs_left_are_blanked(label: int, sub_blocks: list[bytes]) -> None:
    blank = [bytes(len(sub_block)) for sub_block in sub_blocks]

    assert stripped(with_extension(label, *sub_blocks)) == with_extension(label, *blank)


@pytest.mark.parametrize(
    ("label", "sub_blocks"),
    [
        (0xFF, [b"NETSCAPE2.0", b"\1\3\0"]),
        (0xFF, [b"ANIMEXTS1.0", b"\1\3\0"]),
        (0xFF, [b"ICCRGBG1012", bytes(range(255)), b"profile"]),
        (0xF9, [b"\0\1\2\0"]),
        (0x01, [bytes(12), b"text"]),
    ],
)
def test_what_changes_the_image_stays(label: int, sub_blocks: list[bytes]) -> None:
    image = with_extension(label, *sub_blocks)

    assert stripped(image) == image


def test_colours_are_no_blocks() -> None:
    colours = (extension(0xFE, b"kept") * 100)[: 3 * 256]
    image = PLAIN[:13] + colours + PLAIN[BLOCKS:]

    assert stripped(image) == image


def test_what_is_no_block_is_blanked() -> None:
    image = PLAIN[:BLOCKS] + SECRET + extension(0xFE, SECRET) + PLAIN[BLOCKS:]

    assert stripped(image) == image.replace(SECRET, bytes(len(SECRET)))
    assert shown(stripped(image)) == shown(PLAIN)

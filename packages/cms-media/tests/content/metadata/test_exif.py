"""Exif of any length, reduced to the orientation."""

import pytest

from cms_media.content.metadata.exif import only_orientation

from .images import secret_exif

EXIF = secret_exif(6).tobytes()


def test_the_orientation_is_found_wherever_it_is() -> None:
    exif = b"II*\0\x0e\0\0\0" + bytes(6) + b"\1\0" + b"\x12\1\3\0\1\0\0\0\3\0\0\0"

    reduced = b"MM\0*\0\0\0\x08" + b"\0\1" + b"\1\x12\0\3\0\0\0\1\0\3\0\0"
    assert only_orientation(exif) == reduced.ljust(len(exif), b"\0")


@pytest.mark.parametrize("prefix", [b"", b"Exif\0\0"], ids=["bare", "prefixed"])
@pytest.mark.parametrize("length", range(len(EXIF)))
def test_exif_that_is_cut_off_keeps_its_length_and_is_reduced_once(
    prefix: bytes, length: int
) -> None:
    exif = (prefix + EXIF.removeprefix(b"Exif\0\0"))[:length]

    reduced = only_orientation(exif)

    assert len(reduced) == len(exif)
    assert only_orientation(reduced) == reduced

"""Exif: a TIFF of tags, of which only the orientation matters to whoever shows the image."""

from typing import Literal

#: What Exif begins with in JPEG; in WebP some writers put it there, too.
PREFIX = b"Exif\0\0"

_BIG, _LITTLE = b"MM\0*", b"II*\0"
#: Tag, type (16 bits) and count of the orientation, as they are written in each byte order.
_ORIENTATION = {
    _BIG: b"\x01\x12\0\x03\0\0\0\x01",
    _LITTLE: b"\x12\x01\x03\0\x01\0\0\0",
}
_TURNED = range(2, 9)


def only_orientation(exif: bytes) -> bytes:
    """Return Exif of the same length that says which way up the image is, and nothing else.

    It stays valid Exif, since some decoders refuse an image for zeros in its place.
    """
    prefix = PREFIX if exif.startswith(PREFIX) else b""
    header, end = prefix + _BIG + b"\0\0\0\x08", bytes(4)
    choices = [header + b"\0\0" + end, prefix]
    orientation = _orientation_of(exif.removeprefix(prefix))
    if orientation in _TURNED:
        tag = _ORIENTATION[_BIG] + bytes((0, orientation, 0, 0))
        choices.insert(0, header + b"\0\x01" + tag + end)
    return next(choice.ljust(len(exif), b"\0") for choice in choices if len(choice) <= len(exif))


def _orientation_of(tiff: bytes) -> int:
    """Return the orientation; 0 when there is none."""
    if tiff[:4] not in _ORIENTATION:
        return 0
    order: Literal["big", "little"] = "big" if tiff.startswith(_BIG) else "little"
    start = int.from_bytes(tiff[4:8], order)
    count = int.from_bytes(tiff[start : start + 2], order)
    first, last = start + 2, len(tiff) - 12
    for at in range(first, min(first + count * 12, last + 1), 12):
        if tiff[at : at + 8] == _ORIENTATION[tiff[:4]]:
            return int.from_bytes(tiff[at + 8 : at + 10], order)
    return 0

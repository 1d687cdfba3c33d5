"""WebP: which chunks stay."""

import pytest

from .images import SECRET, animated, encoded, orientation_of, secret_exif, shown, strip

PLAIN = encoded("WEBP")


def chunk(name: bytes, content: bytes) -> bytes:
    return name + len(content).to_bytes(4, "little") + content + bytes(len(content) % 2)


def with_chunk(name: bytes, content: bytes, image: bytes = PLAIN) -> bytes:
    """The image with a chunk at its end."""
    chunks = image[12:] + chunk(name, content)
    return b"RIFF" + (len(chunks) + 4).to_bytes(4, "little") + b"WEBP" + chunks


def stripped(content: bytes) -> bytes:
    return strip("image/webp", content)


@pytest.mark.parametrize("name", [b"XMP ", b"JUNK", b"C2PA"])
@pytest.mark.parametrize("content", [SECRET, b"a SECRET", b"a SECRET!"])
def test_a_chunk_that_decoders_do_not_need_is_blanked(name: bytes, content: bytes) -> None:
    assert stripped(with_chunk(name, content)) == with_chunk(name, bytes(len(content)))


def test_chunks_in_frames_are_chosen_like_those_around_them() -> None:
    image = animated("WEBP")
    at = image.rindex(b"ANMF")
    frame = image[at + 8 :]
    told = with_chunk(b"ANMF", frame + chunk(b"JUNK", SECRET), image[:at])

    assert stripped(told) == told.replace(SECRET, bytes(len(SECRET)))
    assert shown(stripped(told)) == shown(image)


@pytest.mark.parametrize("prefix", [b"", b"Exif\0\0"])
def test_the_orientation_is_kept_with_and_without_a_prefix(prefix: bytes) -> None:
    exif = prefix + secret_exif(8).tobytes().removeprefix(b"Exif\0\0")
    image = encoded("WEBP", exif=exif)

    assert orientation_of(stripped(image)) == 8
    assert SECRET not in stripped(image)


def test_exif_is_blanked_as_far_as_it_goes() -> None:
    exif = secret_exif(8).tobytes() + SECRET * 50_000
    image = encoded("WEBP", exif=exif)

    assert SECRET not in stripped(image)
    assert orientation_of(stripped(image)) == 8


def test_chunks_of_odd_length_are_followed_by_a_byte_that_is_none_of_the_next() -> None:
    image = with_chunk(b"ICCP", b"kept", with_chunk(b"JUNK", b"odd"))

    assert stripped(image) == with_chunk(b"ICCP", b"kept", with_chunk(b"JUNK", bytes(3)))


def test_a_chunk_ends_with_the_file_at_the_latest() -> None:
    image = with_chunk(b"ICCP", b"kept")
    beyond = image.replace(b"ICCP\4\0\0\0", b"ICCP\xff\xff\xff\0")

    assert stripped(beyond + SECRET) == beyond + bytes(len(SECRET))

"""AVIF: which boxes and items stay."""

import pytest

from .images import SECRET, animated, encoded, shown, strip

PLAIN = encoded("AVIF")
FILE_TYPE = PLAIN[: int.from_bytes(PLAIN[:4], "big")]
ZEROS = bytes(len(SECRET))


def box(name: bytes, content: bytes) -> bytes:
    return (len(content) + 8).to_bytes(4, "big") + name + content


def info(item: int, kind: bytes, *, wide: bool = False) -> bytes:
    number = item.to_bytes(4 if wide else 2, "big")
    return box(b"infe", (b"\3" if wide else b"\2") + bytes(3) + number + bytes(2) + kind + b"\0")


def stripped(content: bytes) -> bytes:
    return strip("image/avif", content)


@pytest.mark.parametrize("name", [b"free", b"skip", b"uuid", b"udta", b"what"])
def test_a_box_that_no_image_needs_becomes_free_space(name: bytes) -> None:
    assert stripped(PLAIN + box(name, SECRET)) == PLAIN + box(b"free", ZEROS)


def test_so_does_a_large_one_and_one_without_end() -> None:
    large = b"\0\0\0\1uuid" + (16 + len(SECRET)).to_bytes(8, "big")

    blank = stripped(PLAIN + large + SECRET + b"\0\0\0\0uuid" + SECRET)

    assert blank == PLAIN + large.replace(b"uuid", b"free") + ZEROS + b"\0\0\0\0free" + ZEROS


def test_boxes_in_the_film_and_its_tracks_are_chosen_too() -> None:
    track = box(b"trak", box(b"tkhd", b"kept") + box(b"meta", SECRET) + box(b"mdia", b"kept"))
    film = box(b"moov", box(b"mvhd", b"kept") + box(b"udta", SECRET) + track)

    blank = film.replace(SECRET, ZEROS).replace(b"meta", b"free").replace(b"udta", b"free")

    assert stripped(FILE_TYPE + film + PLAIN.removeprefix(FILE_TYPE)) == (
        FILE_TYPE + blank + PLAIN.removeprefix(FILE_TYPE)
    )


@pytest.mark.parametrize("version", [0, 1, 2])
@pytest.mark.parametrize("kind", [b"Exif", b"mime", b"uri "])
def test_items_in_the_file_are_blanked_wherever_they_are(version: int, kind: bytes) -> None:
    wide = version == 2
    number = 4 if wide else 2
    infos = [info(1, b"av01", wide=wide), info(2, kind, wide=wide)]
    infos_box = box(b"iinf", bytes(4) + b"\0\2" + b"".join(infos))

    def meta(first: int) -> bytes:
        method = b"\0\0" if version else b""
        index = bytes(4) if version else b""
        extents = b"".join(
            index + (first + at).to_bytes(4, "big") + len(SECRET).to_bytes(4, "big")
            for at in (14, 0)
        )
        image = (1).to_bytes(number, "big") + method + bytes(2) + bytes(4) + b"\0\0"
        told = (2).to_bytes(number, "big") + method + bytes(2) + bytes(4) + b"\0\2" + extents
        head = bytes((version, 0, 0, 0, 0x44, 0x44)) + (2).to_bytes(number, "big")
        return box(b"meta", bytes(4) + infos_box + box(b"iloc", head + image + told))

    start = len(FILE_TYPE) + len(meta(0)) + 8
    content = FILE_TYPE + meta(start) + box(b"mdat", SECRET + b"an image" + SECRET + b"!")

    kept = content.replace(SECRET, ZEROS).replace(b"Exif", b"zero")
    assert stripped(content) == kept


def test_items_in_their_list_are_blanked() -> None:
    infos = box(b"iinf", b"\1\0\0\0\0\0\0\2" + info(1, b"grid") + info(2, b"mime"))
    extent = b"\0\4\0\6"
    places = b"\1\0\0\0\x22\0\0\1" + b"\0\2" + b"\0\1" + b"\0\0" + b"\0\1" + extent
    data = box(b"idat", b"grid" + SECRET + b"more")
    meta = box(b"meta", bytes(4) + infos + box(b"iloc", places) + data)

    assert stripped(FILE_TYPE + meta) == FILE_TYPE + meta.replace(SECRET, ZEROS)


def test_an_item_ends_with_its_box_at_the_latest() -> None:
    infos = box(b"iinf", bytes(4) + b"\0\1" + info(2, b"mime"))
    extents = b"\0\0\0\0\xff\xff\xff\xff" + b"\xff\xff\xff\xff\xff\xff\xff\xff"
    places = b"\0\0\0\0\x44\0\0\1" + b"\0\2\0\0\0\2" + extents
    content = FILE_TYPE + box(b"meta", bytes(4) + infos + box(b"iloc", places))
    content += box(b"mdat", SECRET) + box(b"mdat", b"more")

    assert stripped(content) == content.replace(SECRET, ZEROS)


def test_a_second_list_is_blanked() -> None:
    meta = box(b"meta", bytes(4) + box(b"iinf", bytes(6)))

    assert stripped(FILE_TYPE + meta * 2) == FILE_TYPE + meta + box(b"free", bytes(len(meta) - 8))


def test_a_list_that_is_too_long_to_be_held_passes() -> None:
    infos = box(b"iinf", bytes(4) + b"\0\1" + info(2, b"Exif"))
    places = box(b"iloc", b"\0\0\0\0\x44\0\0\0")
    meta = box(b"meta", bytes(4) + infos + places + box(b"free", bytes(256 * 1024)))

    assert stripped(FILE_TYPE + meta) == FILE_TYPE + meta


def test_a_list_of_endlessly_many_places_is_not_read() -> None:
    infos = box(b"iinf", bytes(4) + b"\0\1" + info(2, b"mime"))
    places = b"\0\0\0\0\0\0\xff\xff" + b"\0\2\0\0\xff\xff" * 40_000
    content = FILE_TYPE + box(b"meta", bytes(4) + infos + box(b"iloc", places))

    assert stripped(content + box(b"free", SECRET)) == content + box(b"free", SECRET)


def test_a_film_stays_a_film() -> None:
    film = animated("AVIF")

    assert shown(stripped(film + box(b"free", SECRET))) == shown(film)


@pytest.mark.parametrize(
    "broken",
    [
        b"\0\0\0\7free",
        box(b"meta", bytes(4) + b"\0\0\0\7iinf"),
        box(
            b"meta",
            bytes(4) + box(b"iinf", bytes(4) + b"\0\1" + info(2, b"Exif")) + box(b"iloc", bytes(4)),
        ),
    ],
    ids=["box", "box in the list", "places"],
)
def test_what_can_not_be_read_passes_with_all_that_follows(broken: bytes) -> None:
    content = FILE_TYPE + broken + box(b"free", SECRET)

    assert stripped(content) == content

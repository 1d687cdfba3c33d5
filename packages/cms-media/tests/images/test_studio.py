import asyncio
import os
import random
import signal
import subprocess
import zlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PIL import Image, ImageCms

from cms_media.errors import ImageTooDemanding, UnreadableImage
from cms_media.images.facts import ImageFacts
from cms_media.images.studio import Studio
from cms_media.images.variants import Variant
from cms_media.settings import FORMATS, Format, MediaSettings

from .pictures import BLUE, GREEN, RED, WHITE, corners, decoded, encoded, nearly, quarters

MEMORY = 192 * 1024 * 1024
ORIENTATION = 0x0112


@pytest.fixture
async def studio() -> AsyncIterator[Studio]:
    studio = Studio(MediaSettings(image_memory_bytes=MEMORY, max_pixels=20_000_000))
    yield studio
    await studio.close()


def placed(folder: Path, content: bytes) -> Path:
    path = folder / "image"
    path.write_bytes(content)
    return path


async def children() -> list[int]:
    """The processes that decode images for this one."""
    listed = ["ps", "-A", "-ww", "-o", "pid=,ppid=,args="]
    said = (await asyncio.to_thread(subprocess.check_output, listed, text=True)).splitlines()
    found = [line.split(None, 2) for line in said]
    mine = str(os.getpid())
    return [int(pid) for pid, parent, args in found if parent == mine and "child.py" in args]


def turned(orientation: int, format: str = "JPEG") -> bytes:
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    return encoded(quarters(80, 40), format, exif=exif)


DECODED = {"image/jpeg": "JPEG", "image/png": "PNG", "image/gif": "GIF"} | {
    "image/webp": "WEBP",
    "image/avif": "AVIF",
}


@pytest.mark.parametrize("media_type", DECODED)
async def test_every_format_is_read(studio: Studio, tmp_path: Path, media_type: str) -> None:
    path = placed(tmp_path, encoded(quarters(80, 60), DECODED[media_type]))

    facts = await studio.inspect(path, media_type)

    assert (facts.width, facts.height, facts.animated) == (80, 60, False)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
async def test_pixels_of_every_kind_are_derived(studio: Studio, tmp_path: Path, mode: str) -> None:
    picture = Image.linear_gradient("L").convert("I;16") if mode == "I;16" else quarters(mode=mode)
    facts = ImageFacts(*picture.size, "#ffffff", animated=False)
    path = placed(tmp_path, encoded(picture))

    made = await studio.derive(path, "image/png", Variant(100, None, "webp").cut(facts), "webp")

    assert decoded(made).width == 100


async def test_the_colour_is_that_of_most_pixels(studio: Studio, tmp_path: Path) -> None:
    picture = quarters()
    picture.paste(BLUE, (0, 0, 600, 600))

    facts = await studio.inspect(placed(tmp_path, encoded(picture)), "image/png")

    assert facts.color == "#1e3cc8"


async def test_what_moves_is_told(studio: Studio, tmp_path: Path) -> None:
    frames = [quarters(), quarters().rotate(90)]
    moving = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])

    facts = await studio.inspect(placed(tmp_path, moving), "image/gif")

    assert facts.animated


@pytest.mark.parametrize(
    ("orientation", "size", "colours"),
    [
        (1, (80, 40), [RED, GREEN, BLUE, WHITE]),
        (3, (80, 40), [WHITE, BLUE, GREEN, RED]),
        (6, (40, 80), [BLUE, RED, WHITE, GREEN]),
        (8, (40, 80), [GREEN, WHITE, RED, BLUE]),
    ],
)
async def test_a_photo_is_turned_upright(
    studio: Studio,
    tmp_path: Path,
    orientation: int,
    size: tuple[int, int],
    colours: list[tuple[int, ...]],
) -> None:
    path = placed(tmp_path, turned(orientation))

    facts = await studio.inspect(path, "image/jpeg")
    cut = Variant(size[0], None, "jpeg").cut(facts)
    made = decoded(await studio.derive(path, "image/jpeg", cut, "jpeg"))

    assert (facts.width, facts.height) == made.size == size
    assert nearly(corners(made), colours)


async def test_a_crop_shows_its_part(studio: Studio, tmp_path: Path) -> None:
    picture = quarters(2000, 1000)
    facts = ImageFacts(2000, 1000, "#ffffff", animated=False)
    cut = Variant(100, 100, "webp", (0.0, 0.5)).cut(facts)

    made = await studio.derive(
        placed(tmp_path, encoded(picture, "JPEG")), "image/jpeg", cut, "webp"
    )

    assert nearly(corners(decoded(made)), [RED, RED, BLUE, BLUE])


@pytest.mark.parametrize("format", FORMATS)
async def test_nothing_but_pixels_is_derived(
    studio: Studio, tmp_path: Path, format: Format
) -> None:
    exif = Image.Exif()
    exif[0x010F] = "SECRET maker"
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    photo = encoded(quarters(), "JPEG", exif=exif, comment=b"SECRET", icc_profile=profile)
    cut = Variant(400, None, "webp").cut(ImageFacts(800, 600, "#ffffff", animated=False))

    made = await studio.derive(placed(tmp_path, photo), "image/jpeg", cut, format)

    assert b"SECRET" not in made
    with Image.open(placed(tmp_path, made)) as kept:
        assert not {"exif", "icc_profile", "comment", "xmp"} & kept.info.keys()


async def test_transparency_becomes_white_where_there_is_none(
    studio: Studio, tmp_path: Path
) -> None:
    clear = encoded(Image.new("RGBA", (100, 100), (0, 0, 0, 0)))
    cut = Variant(50, None, "jpeg").cut(ImageFacts(100, 100, "#ffffff", animated=False))

    made = await studio.derive(placed(tmp_path, clear), "image/png", cut, "jpeg")

    assert decoded(made).getpixel((25, 25)) == WHITE


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few kilobytes that unpacks to a lot."""
    rows = zlib.compress(bytes(width * 3 + 1) * height, 9)
    image = encoded(Image.new("RGB", (1, 1)))
    head = b"IHDR" + width.to_bytes(4, "big") + height.to_bytes(4, "big") + image[24:29]
    chunks = (head, b"IDAT" + rows, b"IEND")
    return image[:8] + b"".join(
        (len(each) - 4).to_bytes(4, "big") + each + zlib.crc32(each).to_bytes(4, "big")
        for each in chunks
    )


async def test_a_pixel_bomb_is_refused_by_its_head(studio: Studio, tmp_path: Path) -> None:
    with pytest.raises(ImageTooDemanding, match="MAX_PIXELS"):
        await studio.inspect(placed(tmp_path, bomb(30_000, 1000)), "image/png")

    assert studio.peak < MEMORY / 2


async def test_a_jpeg_of_very_many_passes_is_refused_unread(studio: Studio, tmp_path: Path) -> None:
    photo = encoded(quarters(4000, 3000), "JPEG", progressive=True)
    last = photo[photo.rindex(b"\xff\xda") : -2]

    with pytest.raises(ImageTooDemanding, match="gone over"):
        await studio.inspect(placed(tmp_path, photo[:-2] + last * 60 + photo[-2:]), "image/jpeg")


async def test_a_progressive_photo_is_read(studio: Studio, tmp_path: Path) -> None:
    photo = encoded(quarters(4000, 3000), "JPEG", progressive=True)

    assert (await studio.inspect(placed(tmp_path, photo), "image/jpeg")).width == 4000


async def test_a_photo_with_a_film_behind_it_is_read(studio: Studio, tmp_path: Path) -> None:
    film = random.Random("film").randbytes(6_000_000)
    photo = encoded(quarters(4000, 3000), "JPEG") + film

    assert (await studio.inspect(placed(tmp_path, photo), "image/jpeg")).width == 4000


async def test_what_needs_too_much_memory_is_refused(tmp_path: Path) -> None:
    studio = Studio(MediaSettings(image_memory_bytes=64 * 1024 * 1024))
    with pytest.raises(ImageTooDemanding, match="IMAGE_MEMORY_BYTES"):
        await studio.inspect(placed(tmp_path, bomb(5000, 5000)), "image/png")
    await studio.close()

    assert studio.peak < 80 * 1024 * 1024


async def test_what_takes_too_long_is_refused(tmp_path: Path) -> None:
    studio = Studio(MediaSettings(image_seconds=1, image_memory_bytes=4 * MEMORY))
    slow = encoded(Image.effect_noise((4000, 4000), 90), "PNG", compress_level=1)
    cut = Variant(4000, None, "avif").cut(ImageFacts(4000, 4000, "#ffffff", animated=False))

    with pytest.raises(ImageTooDemanding, match="IMAGE_SECONDS"):
        await studio.derive(placed(tmp_path, slow), "image/png", cut, "avif")
    await studio.close()


@pytest.mark.parametrize("part", [0.1, 0.5, 0.95])
@pytest.mark.parametrize("media_type", ["image/jpeg", "image/png", "image/webp", "image/avif"])
async def test_half_an_image_is_refused(
    studio: Studio, tmp_path: Path, media_type: str, part: float
) -> None:
    whole = encoded(quarters(1000, 700), DECODED[media_type])
    path = placed(tmp_path, whole[: int(len(whole) * part)])

    with pytest.raises(UnreadableImage):
        await studio.inspect(path, media_type)


async def test_an_image_is_only_what_it_says(studio: Studio, tmp_path: Path) -> None:
    with pytest.raises(UnreadableImage):
        await studio.inspect(placed(tmp_path, encoded(quarters(), "PNG")), "image/jpeg")


async def test_a_process_that_was_killed_is_replaced(studio: Studio, tmp_path: Path) -> None:
    path = placed(tmp_path, encoded(quarters()))
    await studio.inspect(path, "image/png")
    (child,) = await children()
    os.kill(child, signal.SIGKILL)
    await asyncio.sleep(0.5)

    assert (await studio.inspect(path, "image/png")).width == 800


async def test_who_leaves_disturbs_nobody(studio: Studio, tmp_path: Path) -> None:
    large, small = tmp_path / "large", tmp_path / "small"
    large.write_bytes(encoded(quarters(4000, 3000)))
    small.write_bytes(encoded(quarters(80, 60)))
    leaving = asyncio.create_task(studio.inspect(large, "image/png"))
    await asyncio.sleep(0.3)
    leaving.cancel()
    await asyncio.wait([leaving])

    found = [await studio.inspect(small, "image/png") for _ in range(3)]

    assert {each.width for each in found} == {80}


async def test_a_closed_studio_leaves_no_process(tmp_path: Path) -> None:
    studio = Studio(MediaSettings())
    await studio.inspect(placed(tmp_path, encoded(quarters())), "image/png")

    await studio.close()

    assert await children() == []

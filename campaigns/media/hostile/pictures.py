"""Images of every format and of many ways to write it, with all that images tell beside pixels."""

from __future__ import annotations

from functools import cache
from io import BytesIO
from typing import Any

from PIL import ExifTags, Image, ImageCms
from PIL.PngImagePlugin import PngInfo
from PIL.TiffImagePlugin import IFDRational

from campaigns.media.hostile import png
from campaigns.media.hostile.specimens import COORDINATE, SECRET, TOLD, Seed

SIZE = (96, 72)
EXTENSIONS = {
    "JPEG": ".jpg",
    "PNG": ".png",
    "GIF": ".gif",
    "WEBP": ".webp",
    "AVIF": ".avif",
}
PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
_XMP = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>%s</x:xmpmeta>" % SECRET
_FAST: dict[str, dict[str, Any]] = {"AVIF": {"speed": 10, "max_threads": 1}}


def picture(mode: str = "RGB", size: tuple[int, int] = SIZE) -> Image.Image:
    """A picture no two parts of which are alike."""
    bands = [Image.linear_gradient("L"), Image.radial_gradient("L")]
    bands.append(bands[0].rotate(90))
    coloured = Image.merge("RGB", bands).resize(size)
    if mode == "I;16":
        return bands[1].resize(size).convert(mode)
    if mode in ("LA", "RGBA"):
        coloured = coloured.convert(mode)
        coloured.putalpha(bands[1].resize(size))
    return coloured.convert(mode)


def encoded(image: Image.Image, format: str, **options: Any) -> bytes:
    """The file of a picture."""
    output = BytesIO()
    image.save(output, format, **(_FAST.get(format, {}) | options))
    return output.getvalue()


def moving(format: str, frames: int = 3, size: tuple[int, int] = SIZE, **options: Any) -> bytes:
    """The file of a picture that turns."""
    first = picture(size=size)
    others = [first.rotate(360 * number / frames) for number in range(1, frames)]
    return encoded(first, format, save_all=True, append_images=others, duration=40, **options)


def exif(orientation: int = 1, endian: str = "<") -> Image.Exif:
    """Who made it, when and where, and which way up it is."""
    made = Image.Exif()
    made.endian = endian
    made[ExifTags.Base.Orientation] = orientation
    made[ExifTags.Base.Artist] = SECRET.decode()
    made.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.UserComment] = b"ASCII\0\0\0" + SECRET
    place = made.get_ifd(ExifTags.IFD.GPSInfo)
    place[ExifTags.GPS.GPSLatitude] = (48.0, 51.0, IFDRational(COORDINATE, 100_000_000))
    place[ExifTags.GPS.GPSAreaInformation] = b"ASCII\0\0\0" + SECRET
    return made


@cache
def images() -> tuple[Seed, ...]:
    """All of them."""
    everything: dict[str, Any] = {"exif": exif(6), "xmp": _XMP, "icc_profile": PROFILE}
    return (
        _seed("JPEG", comment=SECRET, **everything),
        _seed("JPEG", progressive=True, comment=SECRET, exif=exif(3, ">"), xmp=_XMP),
        _seed("JPEG", restart_marker_blocks=2, subsampling=0, comment=SECRET),
        _seed("JPEG", "CMYK", comment=SECRET),
        _seed("JPEG", "L", exif=exif()),
        _seed("PNG", pnginfo=_texts(), exif=exif(6), icc_profile=PROFILE),
        *(_seed("PNG", mode, pnginfo=_texts()) for mode in ("1", "L", "LA", "P", "RGBA", "I;16")),
        _seed("PNG", "P", transparency=3, pnginfo=_texts()),
        _of(".png", png.interlaced(*SIZE, picture().tobytes())),
        _of(".png", _deep()),
        _of(".png", moving("PNG", pnginfo=_texts())),
        _seed("GIF", comment=SECRET),
        _seed("GIF", "P", transparency=3, interlace=1, comment=SECRET),
        _of(".gif", moving("GIF", loop=0, comment=SECRET)),
        _seed("WEBP", **everything),
        _seed("WEBP", "RGBA", lossless=True, exif=exif()),
        _of(".webp", moving("WEBP", exif=exif(), xmp=_XMP)),
        _seed("AVIF", **everything),
        _seed("AVIF", "RGBA", exif=exif()),
        _of(".avif", moving("AVIF", exif=exif(), xmp=_XMP)),
    )


def _seed(format: str, mode: str = "RGB", **options: Any) -> Seed:
    return _of(EXTENSIONS[format], encoded(picture(mode), format, **options))


def _of(extension: str, content: bytes) -> Seed:
    media_type = f"image/{extension[1:]}".replace("jpg", "jpeg")
    return Seed(media_type, extension, content, TOLD)


def _texts() -> PngInfo:
    texts = PngInfo()
    texts.add_text("Comment", SECRET.decode())
    texts.add_itxt("Author", SECRET.decode())
    texts.add_text("Software", "A camera", zip=True)
    return texts


def _deep() -> bytes:
    """An image of 16 bits for each colour."""
    width, height = SIZE
    pixels = picture().tobytes()
    rows = (b"\0" + _twice(pixels[3 * width * y : 3 * width * (y + 1)]) for y in range(height))
    return png.png(png.head(width, height, depth=16), rows)


def _twice(row: bytes) -> bytes:
    return bytes(each for value in row for each in (value, value))

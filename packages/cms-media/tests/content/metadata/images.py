"""Images that tell secrets, and what is to be seen in them."""

from io import BytesIO

from PIL import ExifTags, Image, ImageCms, ImageSequence

from cms_media.content.metadata import stripper

SECRET = b"SECRET"
ICC = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
XMP = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>SECRET</x:xmpmeta>"


def picture(mode: str = "RGB") -> Image.Image:
    """An image no two corners of which are alike."""
    bands = [Image.linear_gradient("L"), Image.radial_gradient("L")]
    bands.append(bands[0].rotate(90))
    return Image.merge("RGB", bands).resize((64, 48)).convert(mode)


def translucent() -> Image.Image:
    image = picture()
    image.putalpha(Image.radial_gradient("L").resize(image.size))
    return image


def encoded(image_format: str, image: Image.Image | None = None, /, **options: object) -> bytes:
    output = BytesIO()
    (image or picture()).save(output, image_format, **options)
    return output.getvalue()


def animated(image_format: str, **options: object) -> bytes:
    others = [picture().rotate(angle) for angle in (90, 180)]
    return encoded(image_format, save_all=True, append_images=others, duration=50, **options)


def secret_exif(orientation: int = 1, endian: str = ">") -> Image.Exif:
    """Who made it, where, and with what."""
    exif = Image.Exif()
    exif.endian = endian
    exif[ExifTags.Base.Orientation] = orientation
    exif[ExifTags.Base.Artist] = "SECRET"
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.BodySerialNumber] = "SECRET"
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitudeRef] = "SECRET"
    return exif


def strip(media_type: str, content: bytes, *cuts: int) -> bytes:
    """Filter a file that comes in pieces with these ends."""
    filter_ = stripper(media_type)
    assert filter_
    ends = sorted(cuts)
    pieces = [content[a:b] for a, b in zip([0, *ends], [*ends, len(content)], strict=True)]
    return b"".join(map(filter_.feed, pieces)) + filter_.finish()


def shown(content: bytes) -> list[tuple[str, tuple[int, int], bytes]]:
    """The pixels of each frame."""
    with Image.open(BytesIO(content)) as image:
        frames = ImageSequence.Iterator(image)
        return [(frame.mode, frame.size, frame.tobytes()) for frame in frames]


def orientation_of(content: bytes) -> int | None:
    with Image.open(BytesIO(content)) as image:
        orientation: int | None = image.getexif().get(ExifTags.Base.Orientation)
        return orientation


def profile_of(content: bytes) -> bytes | None:
    with Image.open(BytesIO(content)) as image:
        profile: bytes | None = image.info.get("icc_profile")
        return profile

"""Images for tests, real ones."""

from io import BytesIO
from typing import Any

from PIL import Image

#: Colours of the four quarters: top left, top right, bottom left, bottom right.
RED, GREEN, BLUE, WHITE = (220, 20, 30), (20, 160, 40), (30, 60, 200), (255, 255, 255)


def quarters(width: int = 800, height: int = 600, mode: str = "RGB") -> Image.Image:
    """A picture in which one sees which side is up."""
    image = Image.new("RGB", (width, height), RED)
    image.paste(GREEN, (width // 2, 0, width, height // 2))
    image.paste(BLUE, (0, height // 2, width // 2, height))
    image.paste(WHITE, (width // 2, height // 2, width, height))
    return image.convert(mode)


def encoded(image: Image.Image, format: str = "PNG", **options: Any) -> bytes:
    """The file of a picture."""
    output = BytesIO()
    image.save(output, format, **options)
    return output.getvalue()


def decoded(content: bytes) -> Image.Image:
    """The picture in a file, in plain colours."""
    return Image.open(BytesIO(content)).convert("RGB")


def corners(image: Image.Image) -> list[tuple[int, ...]]:
    """The colours near the four corners, in the order of the quarters."""
    width, height = image.size
    across, down = (width // 8, width - width // 8), (height // 8, height - height // 8)
    found = [image.getpixel((x, y)) for y in down for x in across]
    return [tuple(each) for each in found if isinstance(each, tuple)]


def nearly(found: list[tuple[int, ...]], wanted: list[tuple[int, ...]]) -> bool:
    """Whether colours are the same but for what a codec loses."""
    pairs = zip(found, wanted, strict=True)
    return all(abs(a - b) < 24 for one, other in pairs for a, b in zip(one, other, strict=True))

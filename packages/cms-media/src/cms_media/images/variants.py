"""Variants of images: which there are, and what of the original they show."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple, cast

from cms_media.images.facts import ImageFacts
from cms_media.settings import FORMATS, Format, MediaSettings

#: Longest side of a variant, in pixels.
MAX_SIDE = 4096

Fit = Literal["contain", "cover"]
#: Fractions of the width and the height.
Focus = tuple[float, float]

CENTRE: Focus = (0.5, 0.5)
_NAME = re.compile(
    r"(?P<width>[1-9]\d{0,3})?"
    r"(?:x(?P<height>[1-9]\d{0,3})(?:@(?P<x>[01]\.\d{3}),(?P<y>[01]\.\d{3}))?)?"
    rf"\.(?P<format>{'|'.join(FORMATS)})"
)


class Cut(NamedTuple):
    """A part of an image: left, top, right and bottom in its pixels; and the size of the result."""

    box: tuple[float, float, float, float]
    size: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Variant:
    """A smaller picture: at most that wide and high, or, with a focus, filling just that.

    Nothing is ever enlarged.
    """

    width: int | None
    height: int | None
    format: Format
    #: What must stay in the picture; None: everything does.
    focus: Focus | None = None

    @property
    def name(self) -> str:
        """Such as ``640.webp``, ``640x480.jpeg`` or ``640x480@0.500,0.250.avif``."""
        height = f"x{self.height}" if self.height else ""
        focus = "@{:.3f},{:.3f}".format(*self.focus) if self.focus else ""
        return f"{self.width or ''}{height}{focus}.{self.format}"

    @classmethod
    def named(cls, name: str) -> Variant | None:
        """The variant of that name; None where it is no name."""
        found = _NAME.fullmatch(name)
        if not found or not (found["width"] or found["height"]):
            return None
        width, height = (found[side] and int(found[side]) for side in ("width", "height"))
        focus = (float(found["x"]), float(found["y"])) if found["x"] else None
        return cls(width or None, height or None, cast(Format, found["format"]), focus)

    def cut(self, image: ImageFacts) -> Cut:
        """What it shows of an image."""
        if self.focus and self.width and self.height:
            return _filled(image, self.width, self.height, self.focus)
        scale = min(
            1.0,
            (self.width or MAX_SIDE) / image.width,
            (self.height or MAX_SIDE) / image.height,
        )
        size = max(1, round(image.width * scale)), max(1, round(image.height * scale))
        return Cut((0, 0, image.width, image.height), size)


def _filled(image: ImageFacts, width: int, height: int, focus: Focus) -> Cut:
    """The largest part of that shape, as near to the focus as the edges allow."""
    scale = min(image.width / width, image.height / height)
    part = width * scale, height * scale
    left, top = (
        min(max(0.0, at * whole - taken / 2), whole - taken)
        for at, whole, taken in zip(focus, (image.width, image.height), part, strict=True)
    )
    smaller = min(1.0, scale)
    size = max(1, round(width * smaller)), max(1, round(height * smaller))
    return Cut((left, top, left + part[0], top + part[1]), size)


def presets(settings: MediaSettings, image: ImageFacts) -> Iterator[Variant]:
    """Yield the variants that anybody may ask for, by width: those that are worth having.

    The widest is as wide as the image, or the widest that is set. Images that move have none: they
    would stand still.
    """
    if image.animated:
        return
    for width in sorted(settings.variant_widths):
        for format in settings.variant_formats:
            yield Variant(width, None, format)
        if width >= image.width:
            return


def is_preset(settings: MediaSettings, variant: Variant) -> bool:
    """Whether it needs no signature."""
    is_plain = variant.height is None and variant.format in settings.variant_formats
    return is_plain and variant.width in settings.variant_widths

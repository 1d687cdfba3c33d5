"""What authors and readers see of an image, wherever a file is shown."""

from __future__ import annotations

from typing import Any

from cms_media.addresses import Addresses
from cms_media.images.facts import ImageFacts
from cms_media.images.variants import Variant, presets
from cms_media.settings import MediaSettings


def facts_in(row: Any) -> ImageFacts | None:
    """What the row of a file says of an image; None where it is none, or was never decoded."""
    if row.width is None:
        return None
    return ImageFacts(row.width, row.height, row.color, row.animated)


class ShownImages:
    """Shows images with all the sizes that they come in."""

    def __init__(self, addresses: Addresses, settings: MediaSettings) -> None:
        self._addresses = addresses
        self._settings = settings

    def fields(self, row: Any, signature: str | None) -> dict[str, Any]:
        """What is added to a file; with a signature, addresses that open a private one."""
        image = facts_in(row)
        focal_point = None
        if row.focal_x is not None:
            focal_point = {"x": row.focal_x, "y": row.focal_y}
        variants: list[dict[str, Any]] = []
        if image is not None:
            wanted = presets(self._settings, image)
            variants = [self.one(row, image, variant, signature) for variant in wanted]
        return {
            "width": image and image.width,
            "height": image and image.height,
            "color": image and image.color,
            "animated": image and image.animated,
            "focal_point": focal_point,
            "variants": variants,
        }

    def one(
        self, row: Any, image: ImageFacts, variant: Variant, signature: str | None
    ) -> dict[str, Any]:
        """One variant."""
        width, height = variant.cut(image).size
        url = self._addresses.variant(row.id, row.filename, variant, signature)
        return {"width": width, "height": height, "format": variant.format, "url": url}

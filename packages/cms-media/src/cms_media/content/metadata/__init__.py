"""What images say of their authors, places and devices, taken out of the bytes while they pass."""

from cms_media.content.metadata.stripping import Stripper, stripper

__all__ = ["Stripper", "stripper"]

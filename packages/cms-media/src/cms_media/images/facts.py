"""What is known of an image."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """Size in pixels as it is shown upright, its most frequent colour, and whether it moves."""

    width: int
    height: int
    #: Such as ``#1f4e79``.
    color: str
    animated: bool

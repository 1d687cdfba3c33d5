"""What is uploaded: real files, and what is made of them to do harm."""

from __future__ import annotations

import random
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final

#: What a photo tells of its author, as text and as part of where it was taken.
SECRET: Final = b"quokka-ferns-7319"
COORDINATE: Final = 0x5EC3E7A1
TOLD: Final = (SECRET, COORDINATE.to_bytes(4, "big"), COORDINATE.to_bytes(4, "little"))
#: What scripts that lie in files call, whatever else they say.
PAYLOAD: Final = b"alert('quokka')"

CREATED, TOO_LARGE, UNSUPPORTED, INVALID = 201, 413, 415, 422
#: What random changes come to, nobody knows.
ANY: Final = frozenset({CREATED, TOO_LARGE, UNSUPPORTED, INVALID})
#: Where a decoder may see the harm, or take a file for the harmless image that it is, too.
DECODED: Final = frozenset({CREATED, INVALID})


@dataclass(frozen=True, slots=True)
class Seed:
    """A file as people have them; with the words in it that nobody else should read."""

    media_type: str
    extension: str
    content: bytes
    told: tuple[bytes, ...] = ()

    @property
    def is_image(self) -> bool:
        """Whether it is decoded on its way in."""
        return self.media_type.startswith("image/")


@dataclass(frozen=True, slots=True)
class Specimen:
    """A file to be uploaded, and what may come of it."""

    content: bytes
    #: The end of its name.
    extension: str
    #: The answers that are right.
    right: Collection[int] = DECODED
    #: What it must be taken for, where that is certain.
    media_type: str = ""
    #: What must not be in any picture that is made of it.
    told: tuple[bytes, ...] = (PAYLOAD,)
    #: Whether it lies beside the pixels: then it must not be in the image itself either.
    is_beside: bool = True


Make = Callable[[random.Random], Specimen]

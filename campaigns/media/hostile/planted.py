"""Ways to take in hostile files, and to hand them out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

#: Far more than an image may take.
_ANY_MEMORY = 2 * 1024**3


def take_unseen(original: object) -> Any:
    """Nobody looks at what was uploaded."""

    async def examine(workshop: object, key: str, media_type: str) -> None:
        return None

    return examine


def give_memory(original: Callable[..., None]) -> Any:
    """Decoders get as much memory as they ask for."""

    def start(self: Any, settings: Any) -> None:
        original(self, settings.model_copy(update={"image_memory_bytes": _ANY_MEMORY}))

    return start


def show_everything(original: Callable[[Any], str]) -> Any:
    """Every file is shown in place, whatever it is."""

    def disposition(file: Any) -> str:
        return original(file).replace("attachment;", "inline;")

    return disposition


def keep_name(original: object) -> Any:
    """A file keeps the name that it came with."""

    def tidy(name: str, media_type: str) -> str:
        return name

    return tidy


def strip_nothing(original: object) -> Any:
    """What images say of their authors stays in them, and whatever else is hidden there."""

    def stripper(media_type: str) -> None:
        return None

    return stripper

"""The parts that a file is made of: chunks, segments, boxes; each says itself how long it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

#: What files of other formats are cut into.
_PIECE = 64


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the first part begins, and in each part where its length is written."""

    first: int
    field: slice
    order: Literal["big", "little"] = "big"
    #: What the length does not count.
    uncounted: int = 0
    #: What every part begins with.
    mark: bytes = b""


_LAYOUTS = {
    b"\x89PNG": Layout(8, slice(0, 4), uncounted=12),
    b"\xff\xd8\xff": Layout(2, slice(2, 4), uncounted=2, mark=b"\xff"),
    b"RIFF": Layout(12, slice(4, 8), "little", uncounted=8),
}
_BOXES = Layout(0, slice(0, 4))


def layout_of(content: bytes) -> Layout | None:
    """How the parts of this file are laid out; None where nobody here knows."""
    if content[4:8] == b"ftyp":
        return _BOXES
    return next((each for mark, each in _LAYOUTS.items() if content.startswith(mark)), None)


def parts_of(content: bytes) -> list[bytes]:
    """Take a file apart; joined, the parts are the file again."""
    layout = layout_of(content)
    ends = _ends(content, layout) if layout else list(range(0, len(content), _PIECE))
    return [content[start:end] for start, end in pairwise([*ends, len(content)]) if end > start]


def _ends(content: bytes, layout: Layout) -> Sequence[int]:
    ends, at = [0], layout.first
    while at < len(content) and content.startswith(layout.mark, at):
        ends.append(at)
        length = int.from_bytes(content[at:][layout.field], layout.order) + layout.uncounted
        at += max(length, 1)
        at += layout.order == "little" and length % 2  # RIFF
    if at < len(content):
        ends.append(at)
    return ends

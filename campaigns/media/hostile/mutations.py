"""Changes of a file at random: what happens to files on broken disks, and what fuzzers do."""

from __future__ import annotations

import random
from collections.abc import Callable

from campaigns.media.hostile.parts import layout_of, parts_of

#: Changes a file; the third argument is another one, to take something from.
Mutate = Callable[[random.Random, bytes, bytes], bytes]

#: The part of changes that is made near the beginning, where formats say what follows.
_IN_HEAD = 0.5
_HEAD = 256
_LONGEST = 512


def _place(chance: random.Random, content: bytes) -> int:
    """Anywhere in a file, but often in its head."""
    most = min(_HEAD, len(content)) if chance.random() < _IN_HEAD else len(content)
    return chance.randrange(most) if most else 0


def flip_bits(chance: random.Random, content: bytes, other: bytes) -> bytes:
    """Turn some bits over."""
    edited = bytearray(content)
    for _ in range(chance.choice((1, 1, 2, 8, 64))):
        edited[_place(chance, content)] ^= 1 << chance.randrange(8)
    return bytes(edited)


def overwrite(chance: random.Random, content: bytes, other: bytes) -> bytes:
    """Replace a run of bytes by noise, or by one byte over and over."""
    at, length = _place(chance, content), chance.randint(1, _LONGEST)
    run = chance.choice((chance.randbytes(length), bytes(length), b"\xff" * length))
    return content[:at] + run[: len(content) - at] + content[at + length :]


def truncate(chance: random.Random, content: bytes, other: bytes) -> bytes:
    """Break off anywhere, even before the first byte."""
    return content[: _place(chance, content)]


def insert(chance: random.Random, content: bytes, other: bytes) -> bytes:
    """Put in noise, or something that was there before."""
    at, length = _place(chance, content), chance.randint(1, _LONGEST)
    start = _place(chance, content)
    put_in = chance.choice((chance.randbytes(length), content[start : start + length]))
    return content[:at] + put_in + content[at:]


def splice(chance: random.Random, content: bytes, other: bytes) -> bytes:
    """Begin as one file and go on as another."""
    return content[: _place(chance, content)] + other[_place(chance, other) :]


def falsify_length(chance: random.Random, content: bytes, other: bytes) -> bytes:
    """Let a part say that it is longer or shorter than it is; or any number be another one."""
    layout, parts = layout_of(content), [bytearray(each) for each in parts_of(content)]
    if not layout or len(parts) < 2 or chance.random() < 0.3:
        at, size = _place(chance, content), chance.choice((1, 2, 4, 8))
        return content[:at] + _extreme(chance, size, b"\0", "big") + content[at + size :]
    part = chance.choice(parts[1:])
    given = bytes(part[layout.field])
    part[layout.field] = _extreme(chance, len(given), given, layout.order)
    return b"".join(parts)


def _extreme(chance: random.Random, size: int, given: bytes, order: str) -> bytes:
    most, value = 256**size - 1, int.from_bytes(given, "big" if order == "big" else "little")
    near = (value + chance.choice((-1, 1, 2, 256))) % (most + 1)
    chosen = chance.choice((0, 1, most, most >> 1, most - 8, near, chance.randint(0, most)))
    return chosen.to_bytes(size, "big" if order == "big" else "little")


def reorder(chance: random.Random, content: bytes, other: bytes) -> bytes:
    """Move a part, or leave it out."""
    parts = parts_of(content)
    if parts:
        moved = parts.pop(chance.randrange(len(parts)))
        if chance.random() < 0.7:
            parts.insert(chance.randint(0, len(parts)), moved)
    return b"".join(parts)


def double(chance: random.Random, content: bytes, other: bytes) -> bytes:
    """Have parts twice: those of the file itself, or those of another one."""
    parts = parts_of(content)
    doubled = chance.choice(chance.choice((parts, parts_of(other))))
    for _ in range(chance.choice((1, 1, 2, 50))):
        parts.insert(chance.randint(0, len(parts)), doubled)
    return b"".join(parts)


MUTATIONS: dict[str, Mutate] = {
    "bits": flip_bits,
    "runs": overwrite,
    "truncations": truncate,
    "insertions": insert,
    "splices": splice,
    "lengths": falsify_length,
    "orders": reorder,
    "doubles": double,
}

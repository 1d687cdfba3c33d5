"""Cuts streams of bytes into pieces of the size that suits the next in line."""

from collections.abc import AsyncGenerator, AsyncIterator, Iterator

#: Bytes that a reader gets at a time, at most.
READ = 256 * 1024


async def gathered(chunks: AsyncIterator[bytes], size: int) -> AsyncGenerator[bytes, None]:
    """Yield the same bytes in pieces of at least `size` bytes; only the last may be smaller."""
    held: list[bytes] = []
    length = 0
    async for chunk in chunks:
        held.append(chunk)
        length += len(chunk)
        if length >= size:
            # Not bound to a name: a generator would keep it alive until the next piece is asked.
            yield _taken(held)
            length = 0
    if length:
        yield _taken(held)


def _taken(held: list[bytes]) -> bytes:
    whole = held[0] if len(held) == 1 else b"".join(held)
    held.clear()
    return whole


def cut(data: memoryview) -> Iterator[bytes]:
    """Yield the same bytes in pieces of at most `READ` bytes."""
    for start in range(0, len(data), READ):
        yield bytes(data[start : start + READ])

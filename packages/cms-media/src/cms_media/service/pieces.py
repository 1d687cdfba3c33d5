"""Pieces of uploads on their way to the storage: counted, and compared with their checksums."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID

from starlette.requests import ClientDisconnect

from cms_media.errors import PieceChecksumMismatch, PieceTooLarge
from cms_media.service.receiving import discard
from cms_media.storage import Storage

#: What the keys of all pieces begin with.
PARTS = "parts/"
#: Chunks that wait for the storage.
_WAITING = 2


class Flow:
    """A body, handed from the request that reads it to a task that stores it and may outlive it.

    Where the sender leaves, or is too slow, it ends as if that had been all.
    """

    def __init__(self) -> None:
        self.is_broken = False
        self._failure: Exception | None = None
        self._chunks: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._room = asyncio.Semaphore(_WAITING)
        self._is_left = False

    async def fill(self, body: AsyncIterator[bytes]) -> None:
        """Pass on what comes, as long as somebody takes it."""
        try:
            async for chunk in body:
                await self._room.acquire()
                if self._is_left:
                    return
                self._chunks.put_nowait(chunk)
        except (ClientDisconnect, asyncio.CancelledError) as error:
            self.is_broken = True
            if isinstance(error, asyncio.CancelledError):
                raise
        except Exception as error:
            self._failure = error
            raise
        finally:
            self._chunks.put_nowait(None)

    def leave(self, _: object = None) -> None:
        """Take nothing more."""
        self._is_left = True
        self._room.release()

    async def chunks(self) -> AsyncIterator[bytes]:
        """Yield what was passed on. Raises what went wrong with the request."""
        while (chunk := await self._chunks.get()) is not None:
            self._room.release()
            if chunk:
                yield chunk
        if self._failure:
            raise self._failure


@dataclass(frozen=True, slots=True)
class Checksum:
    """What a sender says of a piece: ``sha1`` or ``sha256``, and the digest."""

    algorithm: str
    digest: bytes


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes that are stored, and belong to no upload yet."""

    key: str
    size: int


async def store_piece(
    storage: Storage, id: UUID, offset: int, flow: Flow, *, most: int, checksum: Checksum | None
) -> Piece | None:
    """Store what flows, which goes on from `offset`; None where nothing came.

    Raises `PieceTooLarge` and `PieceChecksumMismatch`, then nothing is kept.
    """
    counted = _Counted(flow, most, checksum)
    chunks = counted.chunks()
    first = await anext(chunks, None)
    random = secrets.token_hex(10)
    # In few folders: those of a disk stay.
    key = f"{PARTS}{random[:2]}/{id.hex}-{offset:020}-{random}"
    if first is not None:
        await storage.put(key, _joined(first, chunks))
    if checksum and not counted.agrees():
        await discard(storage, key)
        raise PieceChecksumMismatch
    return Piece(key, counted.size) if counted.size else None


class _Counted:
    def __init__(self, flow: Flow, most: int, checksum: Checksum | None) -> None:
        self.size = 0
        self._flow, self._most, self._checksum = flow, most, checksum
        self._digest = hashlib.new(checksum.algorithm if checksum else "sha1")

    async def chunks(self) -> AsyncIterator[bytes]:
        async for chunk in self._flow.chunks():
            self.size += len(chunk)
            if self.size > self._most:
                raise PieceTooLarge
            if self._checksum:
                self._digest.update(chunk)
            yield chunk

    def agrees(self) -> bool:
        """Whether all of it came, and is what it should be."""
        expected = self._checksum.digest if self._checksum else b""
        return hmac.compare_digest(self._digest.digest(), expected)


async def _joined(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for chunk in rest:
        yield chunk

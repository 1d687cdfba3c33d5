"""Where the bytes of uploads are kept: what every storage can do."""

from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True)
class StoredObject:
    """One object of a listing: its key, its size in bytes and the UTC instant it was stored."""

    key: str
    size: int
    modified: datetime


class Storage(Protocol):
    """Keeps objects under keys such as ``ab/abcdef``; an object never changes once it is there.

    Every method raises `ValueError` for what is no key (see `checked_key`) and `StorageUnavailable`
    when the storage fails; `put` also raises `StorageFull`.
    """

    async def put(self, key: str, chunks: AsyncIterator[bytes]) -> None:
        """Store all of `chunks` or nothing; it is visible only whole, and durable on return.

        When it fails, `chunks` raises or it is cancelled, nothing is left, or only what `abandon`
        ends and a sweep over `objects` finds. The key must be new: nothing guards a taken one.
        """

    def read(
        self, key: str, start: int = 0, length: int | None = None
    ) -> AsyncGenerator[bytes, None]:
        """Yield `length` bytes from the offset `start` on, or all to the end; at most 256 KiB each.

        Whoever may leave early closes it. Raises `ObjectMissing`, and `StorageUnavailable` when
        less than `length` is there.
        """

    async def size(self, key: str) -> int | None:
        """Return the size in bytes; None when there is no such object."""

    async def delete(self, key: str) -> None:
        """Delete the object, if it is there."""

    def objects(self, prefix: str = "") -> AsyncIterator[StoredObject]:
        """Yield all objects, or those below the folder `prefix` (``ab`` or ``ab/``), in any order.

        Those stored or deleted meanwhile may be in it or not.
        """

    async def abandon(self, older_than: timedelta, *, dry_run: bool) -> int:
        """End the uploads that began (locally: last grew) that long ago and never came to an end.

        Returns how many they are; with `dry_run` they stay.
        """

    async def signed_url(
        self, key: str, seconds: int, content_type: str, disposition: str
    ) -> str | None:
        """Return an address that answers with the object for that long, with these two headers.

        None when the storage can't give one: read the object then and pass it on.
        """

    async def check(self) -> str | None:
        """Say why nothing can be stored now, without paths and addresses; None when it can."""

    async def close(self) -> None:
        """Let go of connections; the storage can't be used any more."""

    def local_path(self, key: str) -> Path | None:
        """Return where the object's file is, whether or not it is there; None when not local."""

"""Files of stored objects, for those who can't read from a storage."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from tempfile import mkstemp

from cms_media.storage import ObjectMissing, Storage, in_thread


@asynccontextmanager
async def local_copy(storage: Storage, key: str) -> AsyncIterator[Path]:
    """The file of an object: its own where the storage is local, else a temporary one.

    Raises `ObjectMissing`, `StorageUnavailable`, and `StorageFull` where there is no room for it.
    """
    own = storage.local_path(key)
    if own is not None:
        if await storage.size(key) is None:
            raise ObjectMissing
        yield own
        return
    descriptor, name = await in_thread(mkstemp, prefix="cms-image-")
    try:
        async with aclosing(storage.read(key)) as chunks:
            async for chunk in chunks:
                await in_thread(_write, descriptor, chunk)
        yield Path(name)
    finally:
        os.close(descriptor)
        await in_thread(os.unlink, name)


def _write(descriptor: int, chunk: bytes) -> None:
    rest = memoryview(chunk)
    while rest:
        rest = rest[os.write(descriptor, rest) :]

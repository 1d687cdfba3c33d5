"""Keeps uploads in a folder."""

import os
import stat
import time
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import aclosing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cms_media.folder import write_fault
from cms_media.storage.errors import ObjectMissing, StorageUnavailable
from cms_media.storage.files import NewFile, OpenFile, place_of
from cms_media.storage.keys import INCOMING, checked_key, checked_prefix, is_key
from cms_media.storage.pieces import READ, gathered
from cms_media.storage.protocol import StoredObject
from cms_media.storage.threads import OneBehind, in_thread

#: Bytes that are gathered before a thread is sent to write them.
_WRITE = 1024 * 1024


class LocalStorage:
    """A `Storage` in a folder that is there already (`prepare_folder`).

    It isn't made here: where a disk is not mounted, uploads would land below its mount point.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def put(self, key: str, chunks: AsyncIterator[bytes]) -> None:
        """Write a file beside the objects, then move it among them."""
        file = NewFile(self._folder, checked_key(key))
        try:
            await self._write(file, chunks)
        except ObjectMissing as error:
            raise StorageUnavailable from error.__cause__

    async def _write(self, file: NewFile, chunks: AsyncIterator[bytes]) -> None:
        behind = OneBehind()
        try:
            await in_thread(file.begin)
            async with aclosing(gathered(chunks, _WRITE)) as pieces:
                async for piece in pieces:
                    await behind.run(file.write, piece)
            await behind.join()
            await in_thread(file.finish)
        except BaseException:
            await behind.settle()
            await in_thread(file.discard)
            raise

    async def read(
        self, key: str, start: int = 0, length: int | None = None
    ) -> AsyncGenerator[bytes, None]:
        """Yield from one open file, so that a deleted one is still read to its end."""
        file = OpenFile(self._folder, checked_key(key))
        try:
            most = READ if length is None else min(READ, length)
            piece = await in_thread(file.begin, start, most)
            end = file.size if length is None else start + length
            while start < end:
                if not piece:
                    raise StorageUnavailable
                yield piece
                start += len(piece)
                if start < end:
                    piece = await in_thread(file.read, start, min(READ, end - start))
        finally:
            file.close()

    async def size(self, key: str) -> int | None:
        """Return the size of the file in bytes; None when there is none."""
        try:
            status = await in_thread(lambda: place_of(self._folder, checked_key(key)).lstat())
        except ObjectMissing:
            return None
        return status.st_size if stat.S_ISREG(status.st_mode) else None

    async def delete(self, key: str) -> None:
        """Remove the file; its folder stays, for another upload may be about to use it."""
        with suppress(ObjectMissing):
            await in_thread(lambda: place_of(self._folder, checked_key(key)).unlink())

    async def objects(self, prefix: str = "") -> AsyncIterator[StoredObject]:
        """Yield the files, one folder's at a time; links are passed over."""
        folders = [checked_prefix(prefix)]
        while folders:
            found, deeper = await in_thread(_listed, self._folder, folders.pop())
            folders += deeper
            for stored in found:
                yield stored

    async def abandon(self, older_than: timedelta, *, dry_run: bool) -> int:
        """Remove the incoming files to which nothing was added for that long."""
        before = time.time() - older_than.total_seconds()
        return await in_thread(_abandon, self._folder / INCOMING, before, dry_run)

    async def signed_url(
        self, key: str, seconds: int, content_type: str, disposition: str
    ) -> str | None:
        """Return None: a folder has no address."""
        return None

    async def check(self) -> str | None:
        """Write for real."""
        return await in_thread(write_fault, self._folder)

    async def close(self) -> None:
        """Nothing is kept open."""

    def local_path(self, key: str) -> Path | None:
        """Return the path without a look at the disk; serve it without following links."""
        return self._folder / checked_key(key)


def _listed(root: Path, folder: str) -> tuple[list[StoredObject], list[str]]:
    found, deeper = [], []
    for entry in _entries(place_of(root, folder) if folder else root):
        key = f"{folder}/{entry.name}".lstrip("/")
        if not is_key(key):  # what is incoming, and lost+found
            continue
        with suppress(FileNotFoundError):  # deleted meanwhile
            if entry.is_dir(follow_symlinks=False):
                deeper.append(key)
            elif entry.is_file(follow_symlinks=False):
                found.append(_stored(key, entry.stat(follow_symlinks=False)))
    return found, deeper


def _stored(key: str, status: os.stat_result) -> StoredObject:
    return StoredObject(key, status.st_size, datetime.fromtimestamp(status.st_mtime, UTC))


def _abandon(incoming: Path, before: float, dry_run: bool) -> int:
    ended = 0
    for entry in _entries(incoming):
        with suppress(FileNotFoundError):
            if entry.stat(follow_symlinks=False).st_mtime <= before:
                if not dry_run:
                    os.unlink(entry.path)
                ended += 1
    return ended


def _entries(folder: Path) -> Iterator["os.DirEntry[str]"]:
    with suppress(FileNotFoundError), os.scandir(folder) as entries:
        yield from entries

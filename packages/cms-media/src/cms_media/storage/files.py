"""The files of a local storage: how they come to be whole, and how they are read."""

import errno
import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path

from cms_media.storage.keys import INCOMING

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_OLD = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC


def place_of(root: Path, key: str) -> Path:
    """Return where the key's file is; raises `OSError` when a link leads there by another way."""
    path = root / key
    for folder in path.parents:
        if folder == root:
            break
        if folder.is_symlink():
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))
    return path


class NewFile:
    """A file on its way to its key; all of its methods block and raise `OSError`."""

    def __init__(self, root: Path, key: str) -> None:
        self._root, self._key = root, key
        self._path: Path | None = None
        self._number = -1

    def begin(self) -> None:
        """Open it in the folder of what is incoming; the storage's own folder must be there."""
        path = place_of(self._root, f"{INCOMING}/{secrets.token_hex(16)}")
        path.parent.mkdir(exist_ok=True)
        self._number = os.open(path, _NEW, 0o666)
        self._path = path

    def write(self, piece: bytes) -> None:
        """Append all of the piece."""
        rest = memoryview(piece)
        while rest:
            rest = rest[os.write(self._number, rest) :]

    def finish(self) -> None:
        """Make it durable and visible."""
        os.fsync(self._number)
        place = place_of(self._root, self._key)
        place.parent.mkdir(parents=True, exist_ok=True)
        if self._path is not None:
            os.rename(self._path, place)
        self._path = place
        self._sync_folders(place.parent)
        self._close()

    def _sync_folders(self, folder: Path) -> None:
        # All of them every time: another upload may have made one and not come to sync it yet.
        while folder != self._root:
            _sync_folder(folder)
            folder = folder.parent
        _sync_folder(folder)

    def discard(self) -> None:
        """Leave nothing of it, wherever it is by now; never raises."""
        with suppress(OSError):
            self._close()
        with suppress(OSError):
            if self._path is not None:
                self._path.unlink(missing_ok=True)

    def _close(self) -> None:
        number, self._number = self._number, -1
        if number >= 0:
            os.close(number)


class OpenFile:
    """A file that is read; its methods block and raise `OSError`."""

    def __init__(self, root: Path, key: str) -> None:
        self._root, self._key = root, key
        self._number = -1
        self.size = 0

    def begin(self, start: int, length: int) -> bytes:
        """Open it, learn its `size` and `read`; what is no regular file counts as missing."""
        self._number = os.open(place_of(self._root, self._key), _OLD)
        status = os.fstat(self._number)
        if not stat.S_ISREG(status.st_mode):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), self._key)
        self.size = status.st_size
        return self.read(start, length)

    def read(self, start: int, length: int) -> bytes:
        """Return up to `length` bytes from the offset `start` on; none at the end."""
        return os.pread(self._number, length, start)

    def close(self) -> None:
        """Close it, if it is open."""
        number, self._number = self._number, -1
        if number >= 0:
            os.close(number)


def _sync_folder(folder: Path) -> None:
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(number)
    finally:
        os.close(number)

"""A disk that is soon full: a file system in memory, which only our own processes see."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_NEW_MOUNTS, _NEW_USERS = 0x20000, 0x10000000
_PRIVATE, _RECURSIVE, _DETACH = 0x40000, 0x4000, 2
_libc = ctypes.CDLL(None, use_errno=True)


class NoDisk(RuntimeError):
    """This machine lets nobody mount a disk for the campaign, which proves nothing without."""


@contextmanager
def small_disk(folder: Path, size: int) -> Iterator[None]:
    """Mount a disk of so many bytes on a new folder, for this process and those forked later.

    Takes root, or a kernel that lets users have namespaces of their own; raises `NoDisk` else. This
    process may have no threads.
    """
    folder.mkdir()
    try:
        _leave_mounts()
        _call("mount", b"tmpfs", os.fsencode(folder), b"tmpfs", 0, f"size={size}".encode())
    except OSError as error:
        raise NoDisk(
            f"{error.filename}: {error.strerror}. Run as root, or allow user namespaces without "
            "privileges (user.max_user_namespaces, kernel.apparmor_restrict_unprivileged_userns)."
        ) from error
    try:
        yield
    finally:
        _call("umount2", os.fsencode(folder), _DETACH)


def _leave_mounts() -> None:
    """Let nobody else see what this process mounts from now on."""
    try:
        _call("unshare", _NEW_MOUNTS)
    except PermissionError:
        user, group = os.getuid(), os.getgid()
        _call("unshare", _NEW_MOUNTS | _NEW_USERS)
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
    _call("mount", b"none", b"/", None, _PRIVATE | _RECURSIVE, None)


def _call(name: str, *arguments: bytes | int | None) -> None:
    if getattr(_libc, name)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), name)

"""The uploads folder of a local installation: there, and writable by the user that runs the CMS."""

import os
import tempfile
from pathlib import Path

from cms_core import CMSError, Settings


class UploadsNotWritable(CMSError):
    """The folder for uploads can't be written."""


def uploads_folder(settings: Settings) -> Path | None:
    """Return the local folder that holds uploads; None when they are kept elsewhere (S3)."""
    url = settings.media_storage_url
    if not url:
        return settings.data / "uploads"
    scheme, _, path = url.partition(":")
    return Path(path.removeprefix("//")) if scheme == "file" else None


def prepare_folder(folder: Path) -> None:
    """Make the folder where it is missing.

    Raises `UploadsNotWritable`, which says whose folder it is and what to do.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UploadsNotWritable(_remedy(folder, _reason(error))) from error
    if reason := write_fault(folder):
        raise UploadsNotWritable(_remedy(folder, reason))


def write_fault(folder: Path) -> str | None:
    """Say why nothing can be written to the folder now, without its path; None when it can.

    Writes for real: permission bits say nothing of full disks and read-only mounts.
    """
    try:
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(b"\0" * 4096)
            probe.flush()
            os.fsync(probe.fileno())
    except OSError as error:
        return _reason(error)
    return None


def _reason(error: OSError) -> str:
    return error.strerror or type(error).__name__


def _remedy(folder: Path, reason: str) -> str:
    place, owner = folder.absolute(), f"{os.getuid()}:{os.getgid()}"
    return (
        f"{place}: {reason}. "
        f"Give it (or what is mounted there) to the user of the CMS: chown -R {owner} {place}"
    )

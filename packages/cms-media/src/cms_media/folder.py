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
        raise UploadsNotWritable(f"{_fault(folder, error)} {_remedy(folder)}") from error
    if fault := write_fault(folder):
        raise UploadsNotWritable(f"{fault} {_remedy(folder)}")


def write_fault(folder: Path) -> str | None:
    """Say why nothing can be written to the folder now; None when it can.

    Writes for real: permission bits say nothing of full disks and read-only mounts.
    """
    try:
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(b"\0" * 4096)
            probe.flush()
            os.fsync(probe.fileno())
    except OSError as error:
        return _fault(folder, error)
    return None


def _fault(folder: Path, error: OSError) -> str:
    return f"{folder}: {error.strerror or error}."


def _remedy(folder: Path) -> str:
    user, group = os.getuid(), os.getgid()
    remedy = f"chown -R {user}:{group} {folder.absolute()}"
    return f"Give it (or what is mounted there) to the user of the CMS: {remedy}"

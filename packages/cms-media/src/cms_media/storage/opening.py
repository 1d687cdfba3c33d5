"""Opens the storage that the settings name."""

from pathlib import Path
from typing import TYPE_CHECKING

from cms_media.storage.keys import is_key
from cms_media.storage.local import LocalStorage
from cms_media.storage.protocol import Storage

if TYPE_CHECKING:
    pass


def open_storage(url: str, data: Path) -> Storage:
    """Return the storage at ``file:DIR`` or ``s3://BUCKET/FOLDER``; empty: ``uploads`` in `data`.

    Nothing is looked at yet: `Storage.check` says whether it works. Raises `ValueError` for any
    other address, and for AWS_* variables that contradict each other.
    """
    scheme, _, rest = (url or f"file:{data / 'uploads'}").partition(":")
    place = rest.removeprefix("//")
    if scheme == "file" and place:
        return LocalStorage(Path(place))
    name, _, folder = place.strip("/").partition("/")
    if scheme == "s3" and is_key(name) and (not folder or is_key(folder)):
        return _open_bucket(name, folder)
    raise ValueError(
        f"There is no storage at {url!r}: write file:FOLDER, or s3://BUCKET or s3://BUCKET/FOLDER "
        "of a-z 0-9 . _ -"
    )


def _open_bucket(name: str, folder: str) -> Storage:
    # Imported here: a process that keeps its uploads in a folder does without the S3 client.
    from obstore.exceptions import BaseError  # noqa: PLC0415

    from cms_media.storage.bucket import Bucket  # noqa: PLC0415
    from cms_media.storage.s3 import S3Storage  # noqa: PLC0415

    try:
        return S3Storage(Bucket.from_environment(name, folder))
    except BaseError as error:
        reason = str(error).partition("\n")[0]
        raise ValueError(f"The AWS_* variables are incomplete or wrong: {reason}") from error

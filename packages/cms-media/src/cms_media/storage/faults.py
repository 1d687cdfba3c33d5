"""Tells the faults of obstore as those of a storage."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from obstore.exceptions import BaseError

from cms_media.storage.errors import ObjectMissing, StorageUnavailable


@contextmanager
def told_as_ours() -> Iterator[None]:
    """Raise `ObjectMissing` or `StorageUnavailable` for what obstore raises inside.

    Without its words: a client sees the detail, and they have addresses.
    """
    try:
        yield
    except FileNotFoundError as error:
        is_bucket = "NoSuchBucket" in str(error)
        raise (StorageUnavailable if is_bucket else ObjectMissing) from error
    except (BaseError, OSError) as error:
        raise StorageUnavailable from error


def reason_of(error: StorageUnavailable | ObjectMissing) -> str:
    """Return what S3 said, its code (``AccessDenied``) if it gave one; without addresses."""
    said = str(error.__cause__ or error)
    if code := re.search(r"<Code>(\w+)</Code>", said):
        return code[1]
    return said.partition("\n")[0].rpartition(" - ")[2].partition("<")[0].strip(" :")

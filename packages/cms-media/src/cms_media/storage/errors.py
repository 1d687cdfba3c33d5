"""What may go wrong where the bytes of uploads are kept."""

from cms_core import CMSError, InsufficientStorage, Unavailable


class StorageFull(InsufficientStorage):
    """The storage has no room for this file.

    Ask the operator for more room; what was stored before is untouched.
    """


class StorageUnavailable(Unavailable):
    """The storage of uploads doesn't answer as it should; try again soon."""


class ObjectMissing(CMSError):
    """The storage doesn't have this file."""

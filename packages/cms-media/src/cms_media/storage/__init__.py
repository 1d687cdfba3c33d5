"""Where the bytes of uploads are kept: a folder or a bucket of S3, behind one `Storage`."""

from cms_media.storage.errors import ObjectMissing, StorageFull, StorageUnavailable
from cms_media.storage.opening import open_storage
from cms_media.storage.pieces import gathered
from cms_media.storage.protocol import Storage, StoredObject
from cms_media.storage.threads import OneBehind, in_thread

__all__ = [
    "ObjectMissing",
    "OneBehind",
    "Storage",
    "StorageFull",
    "StorageUnavailable",
    "StoredObject",
    "gathered",
    "in_thread",
    "open_storage",
]

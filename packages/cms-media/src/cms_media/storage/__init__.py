"""Where the bytes of uploads are kept: a folder or a bucket of S3, behind one `Storage`."""

from cms_media.storage.errors import ObjectMissing, StorageFull, StorageUnavailable
from cms_media.storage.opening import open_storage
from cms_media.storage.protocol import Storage, StoredObject

__all__ = [
    "ObjectMissing",
    "Storage",
    "StorageFull",
    "StorageUnavailable",
    "StoredObject",
    "open_storage",
]

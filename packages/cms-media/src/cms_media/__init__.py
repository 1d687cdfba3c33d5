"""cms-media: uploads and files. Everything else in this package is private."""

from cms_media.events import MediaDeleted, MediaEdited, MediaUploaded
from cms_media.scanning import Scanner

__all__ = ["MediaDeleted", "MediaEdited", "MediaUploaded", "Scanner"]

"""cms-media: uploads and files. Everything else in this package is private."""

from cms_media.events import MediaDeleted, MediaEdited, MediaUploaded

__all__ = ["MediaDeleted", "MediaEdited", "MediaUploaded"]

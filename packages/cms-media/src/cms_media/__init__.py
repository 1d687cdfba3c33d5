"""Uploads, files and image variants."""

__all__: list[str] = []

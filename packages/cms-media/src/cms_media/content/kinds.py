"""The types of files that may be uploaded, and how each of them is handed out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Family = Literal["image", "audio", "video", "document"]

_OFFICE = "application/vnd.openxmlformats-officedocument"
DOCX = f"{_OFFICE}.wordprocessingml.document"
XLSX = f"{_OFFICE}.spreadsheetml.sheet"
PPTX = f"{_OFFICE}.presentationml.presentation"
ODT = "application/vnd.oasis.opendocument.text"
ODS = "application/vnd.oasis.opendocument.spreadsheet"
ODP = "application/vnd.oasis.opendocument.presentation"
EPUB = "application/epub+zip"


@dataclass(frozen=True, slots=True)
class Kind:
    """What is known of a media type. The first extension is given to files that have none of them.

    `inline` is whether browsers may show it in place; all else is only ever saved.
    """

    extensions: tuple[str, ...]
    inline: bool
    family: Family


def _shown(family: Family, *extensions: str) -> Kind:
    return Kind(extensions, inline=True, family=family)


def _saved(*extensions: str) -> Kind:
    return Kind(extensions, inline=False, family="document")


#: Media type → what is known of it; no other type is stored.
KINDS: Mapping[str, Kind] = {
    "image/jpeg": _shown("image", ".jpg", ".jpeg"),
    "image/png": _shown("image", ".png"),
    "image/gif": _shown("image", ".gif"),
    "image/webp": _shown("image", ".webp"),
    "image/avif": _shown("image", ".avif"),
    "audio/mpeg": _shown("audio", ".mp3"),
    "audio/ogg": _shown("audio", ".ogg", ".oga", ".opus"),
    "audio/wav": _shown("audio", ".wav"),
    "audio/flac": _shown("audio", ".flac"),
    "audio/mp4": _shown("audio", ".m4a", ".m4b"),
    "video/mp4": _shown("video", ".mp4", ".m4v"),
    "video/webm": _shown("video", ".webm"),
    "video/quicktime": _shown("video", ".mov"),
    # A PDF may hold scripts too, and browsers show none in a sandbox.
    "application/pdf": _saved(".pdf"),
    "text/plain": _saved(".txt", ".md", ".log"),
    "text/csv": _saved(".csv"),
    "application/zip": _saved(".zip"),
    DOCX: _saved(".docx"),
    XLSX: _saved(".xlsx"),
    PPTX: _saved(".pptx"),
    ODT: _saved(".odt"),
    ODS: _saved(".ods"),
    ODP: _saved(".odp"),
    EPUB: _saved(".epub"),
}

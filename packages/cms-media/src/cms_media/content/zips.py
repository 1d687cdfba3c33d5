"""ZIP archives, and the documents that are ZIP archives."""

from collections.abc import Iterator
from dataclasses import dataclass

from cms_media.content.kinds import DOCX, EPUB, ODP, ODS, ODT, PPTX, XLSX

_ENTRY = b"PK\x03\x04"
_EMPTY_ARCHIVE = b"PK\x05\x06"
_ENTRY_BYTES = 30
_STORED = 0

_DECLARED = frozenset({ODT, ODS, ODP, EPUB})
_OFFICE_FOLDERS = {"word/": DOCX, "xl/": XLSX, "ppt/": PPTX}
_OFFICE_EXTENSIONS = {".docx": DOCX, ".xlsx": XLSX, ".pptx": PPTX}
_OFFICE_STARTS = ("[Content_Types].xml", "_rels/", "docProps/", *_OFFICE_FOLDERS)
#: What Java and Android packages start with.
_PROGRAM_STARTS = ("META-INF/", "AndroidManifest.xml", "classes.dex")


@dataclass(frozen=True, slots=True)
class _Entry:
    """The start of one file in an archive; `content` is as much as the head has."""

    name: str
    stored: bool
    content: bytes


def sniff_zip(head: bytes, name: str) -> str | None:
    """Return the type of an archive or of a document that is one; None when it is neither.

    `name` is the file's, in lower case: it decides for an Office document whose telling entries
    come after the head. Packages that hold programs and documents of other types are None.
    """
    if head.startswith(_EMPTY_ARCHIVE):
        return "application/zip"
    entries = list(_entries(head)) if head.startswith(_ENTRY) else []
    if not entries or entries[0].name.startswith(_PROGRAM_STARTS):
        return None
    if entries[0].name == "mimetype" and entries[0].stored:
        return _declared(entries[0].content)
    return _office(entries, name) or "application/zip"


def _entries(head: bytes) -> Iterator[_Entry]:
    # Entries can't be walked by their sizes, which writers of streams put after the content.
    start = 0
    while start >= 0 and len(head) >= start + _ENTRY_BYTES:
        yield _entry(head, start)
        start = head.find(_ENTRY, start + 1)


def _entry(head: bytes, start: int) -> _Entry:
    def number(offset: int, length: int) -> int:
        return int.from_bytes(head[start + offset : start + offset + length], "little")

    name_end = start + _ENTRY_BYTES + number(26, 2)
    content_start = name_end + number(28, 2)
    name = head[start + _ENTRY_BYTES : name_end].decode("utf-8", "replace")
    content = head[content_start : content_start + number(18, 4)]
    return _Entry(name, number(8, 2) == _STORED, content)


def _declared(content: bytes) -> str | None:
    declared = content.decode("ascii", "replace").strip()
    return declared if declared in _DECLARED else None


def _office(entries: list[_Entry], name: str) -> str | None:
    # An archive of documents has their entries in it, but starts otherwise.
    if not entries[0].name.startswith(_OFFICE_STARTS):
        return None
    for entry in entries:
        folder = entry.name[: entry.name.find("/") + 1]
        if folder in _OFFICE_FOLDERS:
            return _OFFICE_FOLDERS[folder]
    return next((kind for end, kind in _OFFICE_EXTENSIONS.items() if name.endswith(end)), None)

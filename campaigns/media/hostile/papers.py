"""Texts, tables, archives, and the documents that are archives."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

from campaigns.media.hostile.specimens import Seed
from cms_media.content import kinds

_PDF = b"""%PDF-1.4
1 0 obj << /Type /Catalog /Pages 2 0 R >> endobj
2 0 obj << /Type /Pages /Kids [3 0 R] /Count 1 >> endobj
3 0 obj << /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] >> endobj
trailer << /Root 1 0 R >>
%%EOF
"""
_TEXT = "Opening hours: nine to five. \u00c4rgerlich, aber wahr.\n".encode() * 20
_OFFICE = {kinds.DOCX: "word/document.xml", kinds.XLSX: "xl/workbook.xml"}
_OFFICE[kinds.PPTX] = "ppt/presentation.xml"


@cache
def papers() -> tuple[Seed, ...]:
    """One of each type."""
    declared = (kinds.ODT, kinds.ODS, kinds.ODP, kinds.EPUB)
    return (
        Seed("application/pdf", ".pdf", _PDF),
        Seed("text/plain", ".txt", _TEXT),
        Seed("text/csv", ".csv", b"day,hours\n" + b"Monday,9\n" * 50),
        Seed("application/zip", ".zip", archive({"hours.txt": _TEXT, "more/hours.txt": _TEXT})),
        *(
            _document(each, {"[Content_Types].xml": b"<Types/>", part: b"<a/>" * 99})
            for each, part in _OFFICE.items()
        ),
        *(
            _document(each, {"mimetype": each.encode(), "content.xml": b"<a/>" * 99})
            for each in declared
        ),
    )


def archive(files: Mapping[str, bytes]) -> bytes:
    """A ZIP archive; its file `mimetype` is stored as it is."""
    output = BytesIO()
    with ZipFile(output, "w") as packed:
        for name, content in files.items():
            packed.writestr(name, content, ZIP_STORED if name == "mimetype" else ZIP_DEFLATED)
    return output.getvalue()


def _document(media_type: str, files: Mapping[str, bytes]) -> Seed:
    return Seed(media_type, kinds.KINDS[media_type].extensions[0], archive(files))

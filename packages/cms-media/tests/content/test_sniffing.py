"""Media types by content."""

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cms_media.content.kinds import DOCX, EPUB, KINDS, ODS, ODT, PPTX, XLSX
from cms_media.content.sniffing import HEAD, sniff

OGG = b"OggS\0\x02" + bytes(20) + b"\x01\x1e"
EBML = b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\xf7\x81\x01\x42\x82"
MP3_FRAME = b"\xff\xfb\x90\x00" + bytes(413)


def ftyp(major: bytes, *compatible: bytes) -> bytes:
    brands = major + bytes(4) + b"".join(compatible)
    return (8 + len(brands)).to_bytes(4, "big") + b"ftyp" + brands + b"\0\0\0\x08moov"


def archive(*entries: tuple[str, bytes], packed: bool = False) -> bytes:
    output = io.BytesIO()
    method = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
    with zipfile.ZipFile(output, "w", method) as writer:
        for name, content in entries:
            writer.writestr(name, content)
    return output.getvalue()


def office(folder: str) -> bytes:
    return archive(("[Content_Types].xml", b"<Types/>"), (f"{folder}/a.xml", b""), packed=True)


@pytest.mark.parametrize(
    ("head", "media_type"),
    [
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "image/png"),
        (b"GIF89a\1\0\1\0<script>", "image/gif"),
        (b"RIFF\x24\0\0\0WEBPVP8 ", "image/webp"),
        (ftyp(b"avif", b"mif1"), "image/avif"),
        (ftyp(b"mif1", b"miaf", b"avif"), "image/avif"),
        (MP3_FRAME * 2, "audio/mpeg"),
        (b"ID3\x04\0\0\0\0\0\0", "audio/mpeg"),
        (OGG + b"\x01vorbis\0", "audio/ogg"),
        (OGG + b"OpusHead", "audio/ogg"),
        (b"RIFF\x24\0\0\0WAVEfmt ", "audio/wav"),
        (b"fLaC\0\0\0\x22", "audio/flac"),
        (ftyp(b"M4A ", b"isom"), "audio/mp4"),
        (ftyp(b"isom", b"mp41"), "video/mp4"),
        (ftyp(b"qt  "), "video/quicktime"),
        (EBML + b"\x84webm", "video/webm"),
        (b"%PDF-1.7\n%\xe2\xe3", "application/pdf"),
        ("Grüße\r\n\tan alle\f".encode(), "text/plain"),
        (b"\xef\xbb\xbfa < b", "text/plain"),
        (archive(("a.txt", b"a")), "application/zip"),
        (archive(), "application/zip"),
        (office("word"), DOCX),
        (office("xl"), XLSX),
        (office("ppt"), PPTX),
        (archive(("mimetype", ODT.encode()), ("content.xml", b"")), ODT),
        (archive(("mimetype", ODS.encode())), ODS),
        (archive(("mimetype", EPUB.encode() + b"\n")), EPUB),
        (archive(("report.docx", office("word"))), "application/zip"),
    ],
)
def test_allowed_types_are_told_by_their_content(head: bytes, media_type: str) -> None:
    assert sniff(head, "claims.exe") == media_type


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"<!DOCTYPE html><p>",
        b"\xef\xbb\xbf \n<p>hello",
        b"hello <ScRiPt>alert(1)</script>",
        b"hello\n<HTML>",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"text <SVG onload=a>",
        b'<?xml version="1.0"?><a/>',
        b"#!/bin/sh\necho",
        b"\xef\xbb\xbf#!/bin/sh",
        b"MZ\x90\0\3\0\0\0",
        b"\x7fELF\2\1\1",
        b"\xca\xfe\xba\xbe\0\0\0\x34",
        b"\0asm\1\0\0\0",
        b"escape \x1b[31m",
        b"caf\xe9",
        b"cut \xc3",
        "h\0i\0".encode("utf-16-le"),
        b"BM\x36\0\0\0\0\0",
        b"\xff\xfb\x90\x00" + bytes(500),
        b"\xff\xfb\xf0\x00" * 200,
        b"\xff\xfe" + "hello".encode("utf-16-le"),
        OGG + b"\x80theora",
        EBML + b"\x88matroska",
        ftyp(b"heic", b"mif1"),
        ftyp(b"mif1", b"heic"),
        b"RIFF\x24\0\0\0AVI LIST",
        archive(("META-INF/MANIFEST.MF", b"")),
        archive(("AndroidManifest.xml", b"")),
        archive(("mimetype", b"application/vnd.oasis.opendocument.graphics")),
        b"Rar!\x1a\x07\1\0",
    ],
)
def test_everything_else_is_refused_whatever_its_name(head: bytes) -> None:
    assert sniff(head, "holiday.jpg") is None


def test_text_is_csv_only_by_its_name() -> None:
    assert sniff(b"a;b\n1;2\n", "Numbers.CSV") == "text/csv"
    assert sniff(b"a;b\n1;2\n", "numbers.txt") == "text/plain"


def test_a_csv_of_markup_is_refused() -> None:
    assert sniff(b"<html>", "numbers.csv") is None


def test_a_character_may_be_cut_where_the_head_ends() -> None:
    assert sniff(b"x" * (HEAD - 1) + "é".encode(), "a.txt") == "text/plain"


def test_what_comes_after_the_head_does_not_count() -> None:
    assert sniff(b"x" * HEAD + b"\0<script>", "a.txt") == "text/plain"


def test_the_name_decides_for_an_office_document_that_tells_its_type_too_late() -> None:
    late = archive(("[Content_Types].xml", b"x" * HEAD), ("word/document.xml", b""))
    assert sniff(late[:HEAD], "Letter.DOCX") == DOCX
    assert sniff(late[:HEAD], "letter.zip") == "application/zip"


def test_the_name_makes_no_office_document_of_another_archive() -> None:
    assert sniff(archive(("a.txt", b"a")), "letter.docx") == "application/zip"


def test_only_pictures_sound_and_films_are_shown_in_place() -> None:
    inline = {media_type for media_type, kind in KINDS.items() if kind.inline}
    media = {media_type for media_type, kind in KINDS.items() if kind.family != "document"}
    assert inline == media


def test_no_extension_belongs_to_two_types() -> None:
    extensions = [each for kind in KINDS.values() for each in kind.extensions]
    assert len(set(extensions)) == len(extensions)


STARTS = (b"PK\x03\x04", b"RIFF", b"\0\0\0\x20ftyp", b"OggS", EBML, b"\xff\xfb\x90\0", b"ID3\3")


@given(st.sampled_from((b"", *STARTS)), st.binary(max_size=400), st.text(max_size=20))
def test_any_bytes_are_an_allowed_type_or_none(start: bytes, rest: bytes, name: str) -> None:
    assert sniff(start + rest, name) in {None, *KINDS}


@given(st.integers(0, 300), st.binary(min_size=1, max_size=8))
def test_damaged_archives_raise_nothing(at: int, damage: bytes) -> None:
    whole = office("word")
    sniff(whole[:at] + damage + whole[at + len(damage) :], "a.docx")
    sniff(whole[:at], "a.docx")

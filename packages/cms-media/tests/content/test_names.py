"""File names that are safe to store and to send."""

import re
import unicodedata
from typing import Literal
from urllib.parse import unquote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cms_media.content.kinds import KINDS
from cms_media.content.names import MAX_LENGTH, content_disposition, tidy_filename

DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d) *(\.|$)", re.IGNORECASE)
FORBIDDEN = set("\"'`<>:/\\|?*;%\n\r")


@pytest.mark.parametrize(
    ("name", "tidy"),
    [
        ("Cat.png", "Cat.png"),
        ("Cat.PNG", "Cat.png"),
        ("Mum's  \u201ccat\u201d\t(1).png", "Mums \u201ccat\u201d (1).png"),
        ("кот и 猫.png", "кот и 猫.png"),
        ("cafe\u0301.png", "café.png"),
        ("../../etc/passwd", "passwd.png"),
        ("..\\..\\boot.ini", "boot.png"),
        ("C:\\Users\\ada\\cat.png", "cat.png"),
        ("folder/", "file.png"),
        ("", "file.png"),
        ("...", "file.png"),
        (".png", "file.png"),
        (".htaccess", "htaccess.png"),
        ("??.png", "file.png"),
        ('a"b.png', "ab.png"),
        ("a<b>|c.png", "a-b-c.png"),
        ("a\r\nSet-Cookie: x.png", "a Set-Cookie- x.png"),
        ("a\0b.png", "ab.png"),
        ("a\u037eb.png", "a-b.png"),
        ("cat\u202egnp.exe", "catgnp.png"),
        ("\u200f\u2066cat\u2069.png", "cat.png"),
        ("\ud800.png", "file.png"),
        ("100%25.png", "100-25.png"),
        ("CON.png", "_CON.png"),
        ("con", "_con.png"),
        ("nul.tar.png", "_nul.tar.png"),
        ("LPT1 .png", "_LPT1.png"),
        ("COM\u00b9.png", "_COM\u00b9.png"),
        ("Console.png", "Console.png"),
        ("cat.jpg", "cat.png"),
        ("cat.html", "cat.png"),
        ("cat.png.exe", "cat.png.png"),
        ("cat.png. . .", "cat.png"),
        ("Version 1.2", "Version 1.2.png"),
        ("Dr. Smith", "Dr. Smith.png"),
        ("x" * 4000 + ".png", "x" * 115 + ".png"),
        ("x" * 4000, "x" * 115 + ".png"),
    ],
)
def test_names_are_tidied(name: str, tidy: str) -> None:
    assert tidy_filename(name, "image/png") == tidy


def test_an_extension_that_belongs_to_the_type_is_kept() -> None:
    assert tidy_filename("cat.jpeg", "image/jpeg") == "cat.jpeg"
    assert tidy_filename("notes.md", "text/plain") == "notes.md"


AWKWARD = st.sampled_from(
    [*"./\\\"'%;:-_ \t\r\n", "\u202e", "\u0338", "CON", "aux", ".png", "\u037e"]
)
NAMES = st.text() | st.lists(AWKWARD | st.characters(), max_size=30).map("".join)


@given(NAMES, st.sampled_from(sorted(KINDS)))
@example("CON" + "\u200d" * 200, "image/png")
@example("CON." + "x" * 200, "image/png")
@example("<\u202e\u0338e\u202e\u0301", "image/png")
def test_every_name_becomes_a_safe_one(name: str, media_type: str) -> None:
    tidy = tidy_filename(name, media_type)

    assert 1 <= len(tidy) <= MAX_LENGTH
    assert unicodedata.is_normalized("NFC", tidy)
    assert not FORBIDDEN & set(tidy)
    assert not {"Cc", "Cf", "Cs", "Zl", "Zp"} & set(map(unicodedata.category, tidy))
    assert tidy == tidy.strip(". ")
    assert not DEVICES.match(tidy)
    assert tidy.endswith(KINDS[media_type].extensions)
    assert not tidy.startswith(KINDS[media_type].extensions)


@given(NAMES, st.sampled_from(sorted(KINDS)))
def test_a_tidy_name_stays_as_it_is(name: str, media_type: str) -> None:
    tidy = tidy_filename(name, media_type)
    assert tidy_filename(tidy, media_type) == tidy


@pytest.mark.parametrize(
    ("kind", "filename", "value"),
    [
        ("inline", "cat.png", 'inline; filename="cat.png"'),
        ("attachment", "my cat.png", 'attachment; filename="my cat.png"'),
        (
            "attachment",
            "Übergröße.pdf",
            "attachment; filename=\"Ubergro_e.pdf\"; filename*=UTF-8''%C3%9Cbergr%C3%B6%C3%9Fe.pdf",
        ),
        ("inline", "猫 1.png", "inline; filename=\"_ 1.png\"; filename*=UTF-8''%E7%8C%AB%201.png"),
        ("inline", 'a"b\\c\r\nd%20.png', 'inline; filename="a_b_c__d_20.png"'),
        ("inline", "", 'inline; filename="file"'),
    ],
)
def test_the_header_quotes_any_name(
    kind: Literal["inline", "attachment"], filename: str, value: str
) -> None:
    assert content_disposition(kind, filename) == value


@given(st.text())
@example("\uff02.png")
@example("\ufe6a41\u2028")
def test_no_name_breaks_out_of_the_header(filename: str) -> None:
    value = content_disposition("attachment", filename)

    assert value.isascii()
    assert value.isprintable()
    assert re.fullmatch(
        r'attachment; filename="[^"\\%]+"(; filename\*=UTF-8\'\'[\w!#$&+.^`|~%-]+)?', value
    )


@given(NAMES, st.sampled_from(sorted(KINDS)))
@example("\uff0e\uff0e\uff0fetc\uff0fpasswd", "image/png")
@example("\u2026", "image/png")
@example("\uff23\uff2f\uff2e", "image/png")
@example("\u00c7ON", "image/png")
@example("\u0301.htaccess", "image/png")
def test_in_plain_letters_a_name_has_no_path_either_and_is_no_device(
    name: str, media_type: str
) -> None:
    value = content_disposition("inline", tidy_filename(name, media_type))
    plain = value.split('"')[1]

    assert not {"/", "\\"} & set(plain)
    assert not plain.startswith(".")
    assert not DEVICES.match(plain)


@given(st.text(st.characters(categories=["L", "N"]), min_size=1))
def test_readers_get_the_name_in_their_script(filename: str) -> None:
    value = content_disposition("attachment", filename)
    plain, _, extended = value.partition("; filename*=UTF-8''")
    assert (unquote(extended) or plain.split('"')[1]) == filename

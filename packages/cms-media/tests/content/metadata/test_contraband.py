"""Images that are something else too are told."""

from io import BytesIO
from zipfile import ZipFile

import pytest
from PIL import Image, PngImagePlugin

from cms_media.content.metadata import stripper


def image(format: str, **options: object) -> bytes:
    output = BytesIO()
    Image.effect_noise((64, 48), 60).convert("RGB").save(output, format, **options)
    return output.getvalue()


def archive() -> bytes:
    output = BytesIO()
    with ZipFile(output, "w") as file:
        file.writestr("index.html", "Words")
    return output.getvalue()


def texts(text: str) -> PngImagePlugin.PngInfo:
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", text)
    return info


SMUGGLED = {
    "an archive behind a JPEG": ("image/jpeg", image("JPEG") + archive()),
    "an archive behind a PNG": ("image/png", image("PNG") + archive()),
    "a page behind a WebP": ("image/webp", image("WEBP") + b"<HTML><body>"),
    "a page behind a GIF": ("image/gif", image("GIF") + b"<!DOCTYPE  html>"),
    "a script of a server in a comment": ("image/jpeg", image("JPEG", comment=b"<?php eval(1);")),
    "a short one": ("image/gif", image("GIF", comment=b"<?= system($_GET[0]) ?>")),
    "a page in a text": ("image/png", image("PNG", pnginfo=texts("<script>alert(1)</script>"))),
    "a script in a comment": ("image/gif", image("GIF", comment=b"<script src=x></script>")),
    "a document": ("image/jpeg", image("JPEG", comment=b"%PDF-1.7")),
}
HONEST = {
    "a comment": ("image/jpeg", image("JPEG", comment=b"For <b>you</b>, with love: 1 < 2.")),
    "another image behind it": ("image/jpeg", image("JPEG") + image("JPEG")),
    "a film behind it": ("image/jpeg", image("JPEG") + b"\x93<?=\xf1 \x07<? PK\5\6\x83"),
    "a text": ("image/png", image("PNG", pnginfo=texts("scripted, in html"))),
}


def found(media_type: str, content: bytes, size: int) -> bool:
    filter = stripper(media_type)
    assert filter is not None
    for start in range(0, len(content), size):
        filter.feed(content[start : start + size])
    filter.finish()
    return filter.has_contraband


@pytest.mark.parametrize("size", [1, 7, 100_000])
@pytest.mark.parametrize("smuggled", SMUGGLED.values(), ids=SMUGGLED)
def test_what_else_it_is_is_found(smuggled: tuple[str, bytes], size: int) -> None:
    assert found(*smuggled, size)


@pytest.mark.parametrize("honest", HONEST.values(), ids=HONEST)
def test_plain_words_and_images_are_none(honest: tuple[str, bytes]) -> None:
    assert not found(*honest, 100_000)

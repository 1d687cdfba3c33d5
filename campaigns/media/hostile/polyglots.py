"""Files that are two things at once: an image to us, and to others a script, a page, an archive."""

from __future__ import annotations

import gzip
import random
from functools import cache

from campaigns.media.hostile import jpeg, png
from campaigns.media.hostile.papers import archive, papers
from campaigns.media.hostile.pictures import EXTENSIONS, encoded, images, picture
from campaigns.media.hostile.specimens import PAYLOAD, UNSUPPORTED, Specimen

_SCRIPT = b"<script>%s</script>" % PAYLOAD
_PAGE = b'<!DOCTYPE html><html><body onload="%s">%s</body></html>' % (PAYLOAD, _SCRIPT)
_PHP = b"<?php system($_GET['c']); %s ?>" % PAYLOAD
_PDF = papers()[0].content.replace(b"/Catalog", b"/Catalog /OpenAction << /S /JavaScript >>")
_SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="%s">%s</svg>' % (PAYLOAD, _SCRIPT)
#: Of a comment, and of what programs leave for themselves.
_MARKERS = (0xFE, 0xE0, 0xE1, 0xE2, 0xED)
#: Of texts, and of what no program knows; decoders take some that are no names.
_CHUNKS = (b"tEXt", b"iTXt", b"zzZz", b"TEXT", b"a1_z", b"IEND")
#: More parts than anybody follows.
_MANY = 200_001
#: Where the colours of a GIF begin.
_COLOURS = 13
#: Bytes at the end of an image that say that it is one.
_ENDS = {".gif": 1, ".png": 12}
#: What is packed can't be searched for; names can.
_NAME = b"quokka.class"
_MARKUP = (_SCRIPT, _PAGE, _PHP, _SVG, _PDF + PAYLOAD)


def with_archive(chance: random.Random) -> Specimen:
    """An image with an archive behind it."""
    seed = chance.choice(images())
    packed = archive({"index.html": _PAGE, _NAME.decode(): PAYLOAD})
    # Decoders don't miss the end of an image, where it has one.
    end = len(seed.content) - chance.choice((0, _ENDS.get(seed.extension, 0)))
    return Specimen(seed.content[:end] + packed, seed.extension, told=(*seed.told, _NAME))


def with_page(chance: random.Random) -> Specimen:
    """An image with a page, a script or a document behind it."""
    seed = chance.choice(images())
    content = seed.content + chance.choice(_MARKUP)
    return Specimen(content, seed.extension, told=(*seed.told, PAYLOAD))


def in_jpeg(chance: random.Random) -> Specimen:
    """A JPEG with a comment, or data of some program, that is a page, a script or a document."""
    hidden = jpeg.segment(chance.choice(_MARKERS), chance.choice(_MARKUP))
    return Specimen(jpeg.with_segments(encoded(picture(), "JPEG"), hidden), ".jpg")


def in_png(chance: random.Random) -> Specimen:
    """A PNG with a text, or an end, that is a page, a script or a document."""
    name, text = chance.choice(_CHUNKS), b"Comment\0" + chance.choice(_MARKUP)
    if name == b"IEND":
        return Specimen(encoded(picture(), "PNG")[: -_ENDS[".png"]] + png.chunk(name, text), ".png")
    return Specimen(png.with_chunks(encoded(picture(), "PNG"), png.chunk(name, text)), ".png")


def in_gif(chance: random.Random) -> Specimen:
    """A GIF with a comment that is a page, a script or a document, or with one between blocks."""
    if chance.random() < 0.5:
        return Specimen(encoded(picture("P"), "GIF", comment=chance.choice(_MARKUP)), ".gif")
    whole = encoded(picture("P"), "GIF")
    at = _end_of_colours(whole)
    return Specimen(whole[:at] + _SCRIPT + whole[at:], ".gif")


def _end_of_colours(gif: bytes) -> int:
    return _COLOURS + (6 << (gif[10] & 7))


def gif_script(chance: random.Random) -> Specimen:
    """A GIF that is JavaScript, too: its width opens a comment, which ends where it says so."""
    script = b"*/=1;%s;/*" % PAYLOAD
    whole = encoded(picture("P", (16, 16)), "GIF", comment=script)
    return Specimen(whole[:6] + b"/*" + whole[8:] + b"*/", ".gif")


def in_container(chance: random.Random) -> Specimen:
    """A WebP or AVIF with a part that nobody knows, which is a page, a script or a document."""
    hidden = chance.choice(_MARKUP)
    hidden += b"\0" * (len(hidden) % 2)
    if chance.random() < 0.5:
        whole = encoded(picture(), "WEBP")
        chunks = whole[12:] + b"quok" + len(hidden).to_bytes(4, "little") + hidden
        content = b"RIFF" + (len(chunks) + 4).to_bytes(4, "little") + b"WEBP" + chunks
        return Specimen(content, ".webp")
    whole = encoded(picture(), "AVIF")
    box = (len(hidden) + 8).to_bytes(4, "big") + b"quok" + hidden
    return Specimen(whole + box, ".avif")


def in_pixels(chance: random.Random) -> Specimen:
    """An image whose pixels, colours or profile are a page, a script or a document.

    Or an archive is behind them, and no end in between: to be told from pixels by decoding alone.
    """
    markup = chance.choice(_MARKUP)
    row = markup.ljust(3 * 300, b"\0")[: 3 * 300]
    gif = encoded(picture("P"), "GIF")
    end = _end_of_colours(gif)
    content, extension = chance.choice(
        (
            (png.png(png.head(300, 2), [b"\0" + row] * 2, level=0), ".png"),
            (gif[:_COLOURS] + row[: end - _COLOURS] + gif[end:], ".gif"),
            (encoded(picture(), "JPEG", icc_profile=markup), ".jpg"),
            (encoded(picture(), "JPEG")[:-2] + archive({"index.html": _PAGE}), ".jpg"),
        )
    )
    return Specimen(content, extension, is_beside=False)


def crumbs(chance: random.Random) -> Specimen:
    """An image of more parts than anybody follows, with an archive behind them."""
    content, extension = chance.choice(_crumbs())
    return Specimen(content, extension)


@cache
def _crumbs() -> tuple[tuple[bytes, str], ...]:
    packed, gif = archive({"index.html": _PAGE}), encoded(picture("P"), "GIF")
    images = (
        (jpeg.with_segments(encoded(picture(), "JPEG"), jpeg.segment(0xFE, b"") * _MANY), ".jpg"),
        (png.with_chunks(encoded(picture(), "PNG"), png.chunk(b"zzZz") * _MANY), ".png"),
        (gif[:-1] + b"!\xfe\0" * _MANY + b";", ".gif"),
        (encoded(picture(), "AVIF") + b"\0\0\0\x08free" * _MANY, ".avif"),
    )
    return tuple((content + packed, extension) for content, extension in images)


def page_with_image(chance: random.Random) -> Specimen:
    """A page, whatever it is called, with an image in it."""
    begin = chance.choice((b"", b"\n \t", b"\xef\xbb\xbf", b"<!-- x -->", b"GIF", b"\0"))
    seed = chance.choice(images())
    content = begin + _PAGE + chance.choice((b"", seed.content))
    return Specimen(content, seed.extension, {UNSUPPORTED})


def vector(chance: random.Random) -> Specimen:
    """SVG, which is a program, written in every way."""
    prologs = (
        b"",
        b"\xef\xbb\xbf\n",
        b'<?xml version="1.0"?>\n',
        b"<!-- a picture -->",
        b'<!DOCTYPE svg [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>',
    )
    content = chance.choice(prologs) + _SVG
    written = (content, content.decode().encode("utf-16"), gzip.compress(content))
    extension = chance.choice((".svg", *EXTENSIONS.values()))
    return Specimen(chance.choice(written), extension, {UNSUPPORTED})

"""File names: what becomes of those that clients give, and how they are sent back."""

import re
import unicodedata
from typing import Literal
from urllib.parse import quote

from cms_media.content.kinds import KINDS

MAX_LENGTH = 120
FALLBACK = "file"

_SLASHES = re.compile(r"[/\\]")
_QUOTES = re.compile(r"[\"'`]+")
_FORBIDDEN = re.compile(r"[<>:|?*;%]+")
_ENDS = " .-"
#: Controls, invisible marks (those that turn the direction of text too) and halves of characters.
_DROPPED = frozenset({"Cc", "Cf", "Cs"})
_EXTENSION = re.compile(r"\.[a-z][a-z0-9]{0,4}", re.IGNORECASE)
# Windows takes these for devices, whatever follows their first dot.
_DEVICE = re.compile(
    r"(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³]) *(?:\.|$)", re.IGNORECASE
)
_UNQUOTABLE = re.compile(r"[\"\\%\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_NOT_ASCII = re.compile(r"[^\x20-\x7e]+")
#: Beside letters and digits, what RFC 8187 lets through as it is.
_ATTRIBUTE_CHARACTERS = "!#$&+-.^_`|~"


def tidy_filename(name: str, media_type: str) -> str:
    """Return a name that every system can store, 1 to `MAX_LENGTH` characters long, in NFC.

    It has no folders and nothing invisible, none of `<>:"'/\\|?*;%` and a backtick, no dots,
    spaces or hyphens at its ends, and an extension of `media_type`, which is a key of `KINDS`.
    """
    stem, extension = _split(_visible(name), KINDS[media_type].extensions)
    stem = stem[: MAX_LENGTH - 1 - len(extension)].strip(_ENDS) or FALLBACK
    # One character is left for this.
    return f"_{stem}{extension}" if _DEVICE.match(stem) else stem + extension


def content_disposition(kind: Literal["inline", "attachment"], filename: str) -> str:
    """Return the value of a `Content-Disposition` header (RFC 6266) for any file name.

    What can't be quoted becomes `_`; `filename*` is only there where ASCII does not suffice.
    """
    name = _UNQUOTABLE.sub("_", filename) or FALLBACK
    ascii_name = _NOT_ASCII.sub("_", _without_accents(name))
    value = f'{kind}; filename="{ascii_name}"'
    if ascii_name == name:
        return value
    return f"{value}; filename*=UTF-8''{quote(name, safe=_ATTRIBUTE_CHARACTERS)}"


def _visible(name: str) -> str:
    # NFC turns the Greek question mark into a semicolon: it comes first. And last again, since
    # what was dropped may have kept an accent from its letter.
    last = _SLASHES.split(unicodedata.normalize("NFC", name))[-1]
    spaced = " ".join(last.split())
    kept = "".join(each for each in spaced if unicodedata.category(each) not in _DROPPED)
    plain = _FORBIDDEN.sub("-", _QUOTES.sub("", kept))
    return unicodedata.normalize("NFC", " ".join(plain.split()))


def _split(name: str, extensions: tuple[str, ...]) -> tuple[str, str]:
    """The stem, and the extension that the file gets: its own where that belongs to the type."""
    name = name.rstrip(_ENDS)
    dot = name.rfind(".") if "." in name else len(name)
    stem, given = name[:dot], name[dot:].lower()
    if given in extensions:
        return stem, given
    # `Version 1.2` has no extension to replace.
    return (stem if _EXTENSION.fullmatch(given) else name), extensions[0]


def _without_accents(name: str) -> str:
    # Canonical forms only: compatible ones of some characters are slashes, dots and quotes.
    decomposed = unicodedata.normalize("NFD", name)
    plain = "".join(each for each in decomposed if not unicodedata.combining(each))
    return f"_{plain}" if plain.startswith(".") or _DEVICE.match(plain) else plain

"""What is wrong with an answer that serves a file: everything that might do harm in a browser."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator
from io import BytesIO
from urllib.parse import unquote
from zipfile import is_zipfile

from campaigns.media.hostile.names import INJECTED
from campaigns.wire import Answer
from cms_media.content.sniffing import sniff

#: A kind of violation, and what was seen.
Complaint = tuple[str, str]

#: What browsers show, and never run.
INERT = frozenset(
    {f"image/{name}" for name in ("jpeg", "png", "gif", "webp", "avif")}
    | {f"audio/{name}" for name in ("mpeg", "ogg", "wav", "flac", "mp4")}
    | {f"video/{name}" for name in ("mp4", "webm", "quicktime")}
)
#: How pages, scripts and documents begin: nobody looks for that any further into a file.
_ACTIVE = re.compile(
    rb"<script|<html|<!doctype|<svg|<iframe|<\?php|javascript:|%PDF-", re.IGNORECASE
)
_BEGINNING = 1024
#: Where an archive says, at its end, what is in it.
_END = 64 * 1024
_DISPOSITION = re.compile(
    r"(?P<kind>inline|attachment); filename=\"(?P<plain>[ !#-$&-\[\]-~]{1,200})\""
    r"(?:; filename\*=UTF-8''(?P<extended>[\w!#$&+.^`|~%-]{1,1500}))?",
    re.ASCII,
)
_DEVICE = re.compile(r"(con|prn|aux|nul|(com|lpt)[0-9\u00b9\u00b2\u00b3]) *(\.|$)", re.IGNORECASE)
#: Names are shorter, but pictures have endings that are longer than those of their originals.
_LONGEST = 125
#: Controls, marks that turn the direction of text, and halves of characters.
_INVISIBLE = frozenset({"Cc", "Cf", "Cs"})


def complaints(
    answer: Answer, media_type: str, told: Collection[bytes] | None
) -> Iterator[Complaint]:
    """Say what is wrong with a file as it is served.

    Nothing of `told` may be in an image, and nothing active; None: pixels may look like anything.
    """
    yield from headers(answer, media_type)
    seen = sniff(answer.body, filename(answer))
    if seen != media_type:
        yield "active", f"what is served as {media_type} begins like {seen}"
    if told is not None and media_type.startswith("image/"):
        yield from _inside(answer.body, media_type, told)


def headers(answer: Answer, media_type: str) -> Iterator[Complaint]:
    """Say what is wrong with what is said of a file, or of a range of it."""
    served = answer.header("content-type").partition(";")[0]
    if served != media_type:
        yield "active", f"{media_type} is served as {served}"
    if answer.header("x-content-type-options") != "nosniff":
        yield "active", "no nosniff"
    policy = answer.header("content-security-policy").split("; ")
    if not {"default-src 'none'", "sandbox"} <= set(policy) or "script-src" in " ".join(policy):
        yield "active", f"the policy is {policy}"
    if answer.header(INJECTED.lower()):
        yield "misnamed", f"{INJECTED} is a header of the answer"
    yield from _disposition(answer, served)


def filename(answer: Answer) -> str:
    """What a browser calls the file that it saves; empty where the header can't be read."""
    found = _DISPOSITION.fullmatch(answer.header("content-disposition"))
    return "" if not found else unquote(found["extended"] or "") or found["plain"]


def _disposition(answer: Answer, served: str) -> Iterator[Complaint]:
    said = [value for name, value in answer.headers if name == "content-disposition"]
    found = _DISPOSITION.fullmatch(said[0]) if len(said) == 1 else None
    if found is None:
        yield "misnamed", f"Content-Disposition is {said}"
        return
    if found["kind"] == "inline" and served not in INERT:
        yield "active", f"{served} is shown in place"
    for name in (found["plain"], unquote(found["extended"] or "x", errors="strict")):
        if _is_hostile(name):
            yield "misnamed", f"the name is {name!r}"


def _is_hostile(name: str) -> bool:
    has_path = "/" in name or "\\" in name or name.startswith(".")
    invisible = any(unicodedata.category(each) in _INVISIBLE for each in name)
    return has_path or invisible or bool(_DEVICE.match(name)) or len(name) > _LONGEST


def _inside(body: bytes, media_type: str, told: Collection[bytes]) -> Iterator[Complaint]:
    if found := _ACTIVE.search(body[:_BEGINNING]):
        yield "active", f"{media_type} holds {found[0]!r} at {found.start()}"
    if is_zipfile(BytesIO(body[-_END:])):
        yield "active", f"{media_type} is an archive"
    for word in told:
        if word in body:
            yield "told", f"{media_type} holds {word!r}"

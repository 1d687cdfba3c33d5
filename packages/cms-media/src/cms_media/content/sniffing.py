"""The media type of an upload, told by its first bytes; what the client claims counts for nothing.

Explicit signatures, no library of them: the list of allowed types is short, and a database that
knows hundreds of types finds many of them by two bytes, or by the name.
"""

from collections.abc import Callable

from cms_media.content.containers import sniff_ebml, sniff_iso, sniff_mp3, sniff_ogg, sniff_riff
from cms_media.content.kinds import KINDS, Kind
from cms_media.content.texts import sniff_text
from cms_media.content.zips import sniff_zip

__all__ = ["HEAD", "KINDS", "Kind", "sniff"]

#: How much of a file `sniff` looks at, in bytes.
HEAD = 8 * 1024

_SIGNATURES = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"fLaC", "audio/flac"),
    (b"%PDF-", "application/pdf"),
)
_CONTAINERS: tuple[Callable[[bytes], str | None], ...] = (
    sniff_riff,
    sniff_iso,
    sniff_ogg,
    sniff_ebml,
    sniff_mp3,
)


def sniff(head: bytes, filename: str) -> str | None:
    """Return the media type, a key of `KINDS`; None when it is none of them.

    `head` is the first `HEAD` of the file, or all of it. The name only decides between
    types that have the same bytes (text and CSV; a ZIP and an Office document of late entries).
    """
    # A GIF may have `<script>` in its comment. That it starts like a GIF is enough: it is served
    # as `image/gif` with `nosniff`, so that nothing ever reads it as a page.
    head, name = head[:HEAD], filename.lower()
    return (
        _by_signature(head)
        or sniff_zip(head, name)
        or sniff_text(head, name, cut=len(head) == HEAD)
    )


def _by_signature(head: bytes) -> str | None:
    for signature, media_type in _SIGNATURES:
        if head.startswith(signature):
            return media_type
    return next(filter(None, (container(head) for container in _CONTAINERS)), None)

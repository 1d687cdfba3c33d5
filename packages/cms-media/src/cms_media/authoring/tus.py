"""What requests and answers say in the tus protocol (1.0.0), beside their bodies."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from email.utils import format_datetime

from fastapi import Request

from cms_media.authoring.uploads import checked
from cms_media.errors import BadUploadHeader, UploadVersionUnsupported, WrongPieceType
from cms_media.models import MediaUpload
from cms_media.service.pieces import Checksum
from cms_media.service.resumable import Announced

VERSION = "1.0.0"
PIECE = "application/offset+octet-stream"
_DIGESTS = {"sha1": 20, "sha256": 32}
_DETAILS = ("alt", "title", "credit", "folder")
_NUMBER = re.compile(r"[0-9]{1,18}")


def spoken(largest: int) -> Mapping[str, str]:
    """What every answer says of the protocol: the core answers `OPTIONS`, where it belongs."""
    return {
        "Tus-Resumable": VERSION,
        "Tus-Version": VERSION,
        "Tus-Extension": "creation,creation-with-upload,termination,expiration,checksum",
        "Tus-Max-Size": str(largest),
        "Tus-Checksum-Algorithm": ",".join(_DIGESTS),
    }


def state_of(upload: MediaUpload) -> dict[str, str]:
    """What an answer says of an upload."""
    return {
        "Upload-Offset": str(upload.offset),
        "Upload-Expires": format_datetime(upload.expires_at, usegmt=True),
    }


def check_version(request: Request) -> None:
    """Raise `UploadVersionUnsupported` unless a request names our version, or only looks."""
    looks = request.method == "GET"
    if request.headers.get("tus-resumable", VERSION if looks else "") != VERSION:
        raise UploadVersionUnsupported


def announced_by(request: Request) -> Announced:
    """What is said of a new upload. Raises `BadUploadHeader`, and `Invalid` for bad details."""
    sent = request.headers.get("upload-metadata", "")
    said = _metadata(sent)
    details = checked({name: said[name] for name in _DETAILS if name in said})
    filename = said.get("filename", "").replace("\0", "")  # databases refuse it
    return Announced(number_in(request, "Upload-Length"), filename, details, sent)


def number_in(request: Request, name: str) -> int:
    """The number in a header. Raises `BadUploadHeader`."""
    value = request.headers.get(name, "")
    if not _NUMBER.fullmatch(value):
        raise BadUploadHeader(f"{name} is to be a number.")
    return int(value)


def has_piece(request: Request) -> bool:
    """Whether a piece follows the head. Raises `WrongPieceType` for a body of another kind."""
    length = request.headers.get("content-length", "0")
    if length == "0" and "transfer-encoding" not in request.headers:
        return False
    check_piece(request)
    return True


def check_piece(request: Request) -> None:
    """Raise `WrongPieceType` unless the body says that it is one."""
    if request.headers.get("content-type", "").strip().lower() != PIECE:
        raise WrongPieceType


def checksum_of(request: Request) -> Checksum | None:
    """What the sender says of its piece. Raises `BadUploadHeader`."""
    sent = request.headers.get("upload-checksum")
    if sent is None:
        return None
    algorithm, _, encoded = sent.strip().partition(" ")
    digest = _decoded(encoded, "Upload-Checksum")
    if len(digest) != _DIGESTS.get(algorithm):
        raise BadUploadHeader("Upload-Checksum is to be sha1 or sha256, and a digest in base64.")
    return Checksum(algorithm, digest)


def _metadata(sent: str) -> dict[str, str]:
    pairs = [pair.strip().partition(" ") for pair in sent.split(",")] if sent.strip() else []
    names = [name for name, _, _ in pairs]
    if not sent.isascii() or not all(names) or len(set(names)) < len(names):
        raise BadUploadHeader("Upload-Metadata is to be names, each once, with values in base64.")
    # Other names, which clients add on their own, may hold what is no text.
    return {
        name: _text(value.strip()) for name, _, value in pairs if name in (*_DETAILS, "filename")
    }


def _text(encoded: str) -> str:
    try:
        return _decoded(encoded, "Upload-Metadata").decode()
    except UnicodeDecodeError:
        raise BadUploadHeader("Upload-Metadata is to be UTF-8 in base64.") from None


def _decoded(encoded: str, header: str) -> bytes:
    try:
        return base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise BadUploadHeader(f"{header} holds what is no base64.") from None

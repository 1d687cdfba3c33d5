"""Refusals with the headers and statuses that the tus protocol asks for, which the core has not."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from fastapi import Request, Response

from cms_core import (
    CMS,
    BadRequest,
    CMSError,
    Conflict,
    InsufficientStorage,
    Invalid,
    NotFound,
    PreconditionFailed,
    TooLarge,
    Unavailable,
    UnsupportedMediaType,
)
from cms_media.errors import ChecksumMismatch

#: The first that an error is of. Of no other kind does an upload fail.
_STATUSES: Mapping[type[CMSError], int] = {
    ChecksumMismatch: 460,
    BadRequest: 400,
    NotFound: 404,
    Conflict: 409,
    PreconditionFailed: 412,
    TooLarge: 413,
    UnsupportedMediaType: 415,
    Invalid: 422,
    Unavailable: 503,
    InsufficientStorage: 507,
}


def refusal(cms: CMS, request: Request, error: CMSError, headers: Mapping[str, str]) -> Response:
    """The problem that the core would answer with, and these headers. Else raises the error."""
    status = next((each for kind, each in _STATUSES.items() if isinstance(error, kind)), None)
    if status is None:
        raise error
    said = {"Retry-After": "1"} if isinstance(error, Unavailable) else {}
    return Response(
        json.dumps(dict(_problem(cms, request, error, status)), ensure_ascii=False).encode(),
        status_code=status,
        media_type="application/problem+json",
        headers={**headers, **said},
    )


def _problem(
    cms: CMS, request: Request, error: CMSError, status: int
) -> Iterator[tuple[str, object]]:
    yield "type", f"{cms.settings.public_url}/problems/{error.code}"
    yield "title", error.title()
    yield "status", status
    yield "detail", error.detail or error.title()
    yield "code", error.code
    yield "request_id", request.scope["cms.request_id"]
    if isinstance(error, Invalid) and error.errors:
        faults = [{"pointer": each.pointer, "message": each.message} for each in error.errors]
        yield "errors", faults

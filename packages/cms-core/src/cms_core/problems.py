"""Every error as problem+json (RFC 9457), those of the framework included."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from http.client import responses
from typing import Any

from fastapi import Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.types import Scope

from cms_core import errors
from cms_core.ratelimit import rate_limit_headers, retry_after_header

MEDIA_TYPE = "application/problem+json"
_MOST_FAULTS = 20

#: The status of each kind; a subclass has the status of its nearest listed ancestor.
STATUS: Mapping[type[errors.CMSError], int] = {
    errors.BadRequest: 400,
    errors.Unauthenticated: 401,
    errors.Forbidden: 403,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.PreconditionFailed: 412,
    errors.TooLarge: 413,
    errors.UnsupportedMediaType: 415,
    errors.RangeNotSatisfiable: 416,
    errors.Invalid: 422,
    errors.PreconditionRequired: 428,
    errors.TooManyRequests: 429,
    errors.ChecksumMismatch: 460,  # of the tus protocol; no RFC has one
    errors.CMSError: 500,
    errors.Unavailable: 503,
    errors.InsufficientStorage: 507,
}

#: Problems that the framework and the front make: status → (code, title).
FRAMEWORK: Mapping[int, tuple[str, str]] = {
    400: ("bad-request", errors.BadRequest.title()),
    404: ("not-found", errors.NotFound.title()),
    405: ("method-not-allowed", "This method is not allowed here; the Allow header lists those."),
    408: ("request-timeout", "The request took too long to arrive."),
    413: ("too-large", errors.TooLarge.title()),
    414: ("uri-too-long", "The address of the request is longer than this server accepts."),
    415: ("unsupported-media-type", errors.UnsupportedMediaType.title()),
    431: ("headers-too-large", "The request's headers are larger than this server accepts."),
    500: ("internal-error", "Something went wrong on the server; its log has the details."),
    503: ("unavailable", errors.Unavailable.title()),
}


class FieldProblem(BaseModel):
    """One fault of the input."""

    pointer: str = Field(description="JSON pointer into the body, or the parameter's name.")
    message: str


class Problem(BaseModel):
    """An error (RFC 9457)."""

    type: str = Field(description="The page that explains the code.")
    title: str = Field(description="The same sentence for every occurrence of the code.")
    status: int
    detail: str
    code: str = Field(description="Stable and in kebab-case; compare this, never the texts.")
    request_id: str = Field(description="Names this request in the server's log.")
    errors: list[FieldProblem] | None = Field(None, description="What is wrong with the input.")


@dataclass(frozen=True, slots=True)
class ProblemKind:
    """A code that an answer may have; `explanation` is the body of its class's docstring."""

    code: str
    status: int
    title: str
    explanation: str = ""


def status_of(kind: type[errors.CMSError]) -> int:
    """Return the HTTP status of an error class."""
    return next(STATUS[ancestor] for ancestor in kind.__mro__ if ancestor in STATUS)


def catalog() -> dict[str, ProblemKind]:
    """Return every code that answers may have, those of loaded plugins included, sorted."""
    kinds = [ProblemKind(code, status, title) for status, (code, title) in FRAMEWORK.items()]
    for kind in _descendants(errors.CMSError):
        # Errors without a status of their own are those of commands, never of a request.
        if (status := status_of(kind)) != 500:
            _, _, body = (kind.__doc__ or "").strip().partition("\n")
            kinds.append(ProblemKind(kind.code, status, kind.title(), body))
    return {
        kind.code: kind for kind in sorted(kinds, key=lambda each: (each.code, each.explanation))
    }


def render(scope: Scope, error: Exception) -> Response:
    """Return the answer to a request that failed with this error."""
    if isinstance(error, errors.CMSError):
        return _render_domain(scope, error)
    if isinstance(error, RequestValidationError):
        faults = [_fault(item, error.body) for item in error.errors()[:_MOST_FAULTS]]
        return _render_domain(scope, errors.Invalid(errors=faults))
    if isinstance(error, HTTPException):
        return _render_http(scope, error)
    return _answer(scope, 500, *FRAMEWORK[500])


def _render_domain(scope: Scope, error: errors.CMSError) -> Response:
    kind = type(error)
    headers: dict[str, str] = {}
    if isinstance(error, errors.Unauthenticated):
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, errors.RangeNotSatisfiable):
        headers["Content-Range"] = f"bytes */{error.size}"
    if isinstance(error, errors.PreconditionFailed) and error.etag:
        headers["ETag"] = error.etag
    if isinstance(error, (errors.TooManyRequests, errors.Unavailable)):
        headers["Retry-After"] = retry_after_header(error.retry_after)
    if isinstance(error, errors.TooManyRequests) and error.quota:
        headers |= rate_limit_headers(error.quota)
    return _answer(
        scope,
        status_of(kind),
        kind.code,
        kind.title(),
        detail=error.detail,
        faults=error.errors if isinstance(error, errors.Invalid) else (),
        headers=headers,
    )


def _render_http(scope: Scope, error: HTTPException) -> Response:
    headers = dict(error.headers or {})
    if error.status_code < 400:
        return Response(status_code=error.status_code, headers=headers)
    if error.status_code == 503:
        headers.setdefault("Retry-After", "1")
    phrase = responses.get(error.status_code, "Error")
    otherwise = phrase.lower().replace(" ", "-"), f"{phrase}."
    code, title = FRAMEWORK.get(error.status_code, otherwise)
    # The exception's own detail may quote the input.
    return _answer(scope, error.status_code, code, title, headers=headers)


def _answer(
    scope: Scope,
    status: int,
    code: str,
    title: str,
    *,
    detail: str | None = None,
    faults: Sequence[errors.FieldError] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    body: dict[str, Any] = {
        "type": f"{scope['app'].state.cms.settings.public_url}/problems/{code}",
        "title": title,
        "status": status,
        "detail": detail or title,
        "code": code,
        "request_id": scope["cms.request_id"],
    }
    if faults:
        body["errors"] = [{"pointer": f.pointer, "message": f.message} for f in faults]
    return Response(
        json.dumps(body, ensure_ascii=False).encode(errors="replace"),
        status_code=status,
        media_type=MEDIA_TYPE,
        headers={"Cache-Control": "no-store", **(headers or {})},
    )


def _fault(item: Mapping[str, Any], body: Any) -> errors.FieldError:
    """A fault that pydantic found; what it says of the input's place, never the input itself."""
    place, *path = item["loc"]
    message = item["msg"].removeprefix("Value error, ")
    if place == "body":
        return errors.FieldError(_pointer(path, body, missing=item["type"] == "missing"), message)
    return errors.FieldError(".".join(map(str, path))[:100] or str(place), message)


def _pointer(path: Sequence[str | int], body: Any, *, missing: bool) -> str:
    """Where in the body: pydantic's path also names branches of unions, which no body holds."""
    parts = []
    for part in path:
        if _holds(body, part):
            body = body[part]
            parts.append(part)
    if missing and path:
        parts.append(path[-1])
    return "".join("/" + str(part)[:100].replace("~", "~0").replace("/", "~1") for part in parts)


def _holds(body: Any, part: str | int) -> bool:
    if isinstance(part, int):
        return isinstance(body, list) and part < len(body)
    return isinstance(body, dict) and part in body


def _descendants(kind: type[errors.CMSError]) -> Iterator[type[errors.CMSError]]:
    for child in kind.__subclasses__():
        yield child
        yield from _descendants(child)

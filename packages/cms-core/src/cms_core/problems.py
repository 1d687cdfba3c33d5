"""Every error as problem+json (RFC 9457), those of the framework included."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, cast

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from cms_core import errors
from cms_core.http.body import UnsupportedMediaType
from cms_core.ratelimit import rate_limit_headers, retry_after_header

log = structlog.get_logger(__name__)

MEDIA_TYPE = "application/problem+json"

#: The status of each kind; a subclass has the status of its nearest listed ancestor.
STATUS: Mapping[type[errors.CMSError], int] = {
    errors.BadRequest: 400,
    errors.Unauthenticated: 401,
    errors.Forbidden: 403,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.PreconditionFailed: 412,
    errors.TooLarge: 413,
    UnsupportedMediaType: 415,
    errors.Invalid: 422,
    errors.PreconditionRequired: 428,
    errors.TooManyRequests: 429,
    errors.CMSError: 500,
    errors.Unavailable: 503,
}

#: Problems that the framework makes: status → (code, title).
FRAMEWORK: Mapping[int, tuple[str, str]] = {
    400: ("bad-request", "The request can't be read."),
    404: ("not-found", errors.NotFound.title()),
    405: ("method-not-allowed", "This method is not allowed here; the Allow header lists those."),
    413: ("too-large", errors.TooLarge.title()),
    431: ("headers-too-large", "The request's headers are larger than this server accepts."),
    500: ("internal-error", "Something went wrong on the server; the log has the details."),
    503: ("unavailable", errors.Unavailable.title()),
}


def status_of(kind: type[errors.CMSError]) -> int:
    """Return the HTTP status of an error class."""
    return next(STATUS[ancestor] for ancestor in kind.__mro__ if ancestor in STATUS)


def problem(
    request_id: str,
    status: int,
    code: str,
    title: str,
    *,
    detail: str | None = None,
    faults: Sequence[errors.FieldError] = (),
    headers: Mapping[str, str] | None = None,
    base: str = "",
) -> Response:
    """Return a problem answer; `type` leads to the page that explains the code."""
    body: dict[str, Any] = {
        "type": f"{base}/problems/{code}",
        "title": title,
        "status": status,
        "detail": detail or title,
        "code": code,
        "request_id": request_id,
    }
    if faults:
        body["errors"] = [{"pointer": f.pointer, "message": f.message} for f in faults]
    return Response(
        json.dumps(body, ensure_ascii=False).encode(),
        status_code=status,
        media_type=MEDIA_TYPE,
        headers={"Cache-Control": "no-store", **(headers or {})},
    )


def render(request: Request, error: errors.CMSError) -> Response:
    """Render a domain error."""
    kind = type(error)
    headers: dict[str, str] = {}
    if isinstance(error, errors.Unauthenticated):
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, errors.PreconditionFailed) and error.etag:
        headers["ETag"] = error.etag
    if isinstance(error, (errors.TooManyRequests, errors.Unavailable)):
        headers["Retry-After"] = retry_after_header(error.retry_after)
    if isinstance(error, errors.TooManyRequests) and error.quota:
        headers |= rate_limit_headers(error.quota)
    return problem(
        _request_id(request),
        status_of(kind),
        kind.code,
        kind.title(),
        detail=error.detail,
        faults=error.errors if isinstance(error, errors.Invalid) else (),
        headers=headers,
        base=_base(request),
    )


def install(app: FastAPI) -> None:
    """Make the application answer every error as a problem."""

    async def domain(request: Request, error: Exception) -> Response:
        return render(request, cast(errors.CMSError, error))

    async def framework(request: Request, error: Exception) -> Response:
        http = cast(HTTPException, error)
        code, title = FRAMEWORK.get(http.status_code, ("error", "The request failed."))
        return problem(
            _request_id(request),
            http.status_code,
            code,
            title,
            headers=http.headers,
            base=_base(request),
        )

    async def validation(request: Request, error: Exception) -> Response:
        faults = [_fault(item) for item in cast(RequestValidationError, error).errors()]
        invalid = errors.Invalid(errors=faults)
        return render(request, invalid)

    app.add_exception_handler(errors.CMSError, domain)
    app.add_exception_handler(HTTPException, framework)
    app.add_exception_handler(RequestValidationError, validation)


def _fault(item: Mapping[str, Any]) -> errors.FieldError:
    """A pydantic error: a JSON pointer in bodies, else the parameter's name; no input echoed."""
    place, *path = item["loc"]
    if place == "body":
        return errors.FieldError("".join(f"/{part}" for part in path), item["msg"])
    return errors.FieldError(".".join(map(str, path)) or str(place), item["msg"])


def _request_id(request: Request) -> str:
    return str(request.scope.get("cms.request_id", ""))


def _base(request: Request) -> str:
    return str(request.app.state.cms.settings.public_url)

"""Headers that the doors understand and answer with, as OpenAPI describes them."""

from __future__ import annotations

from typing import Any

from cms_core.http.exchange import Door
from cms_core.http.route import CMSRoute


def _header(description: str, kind: str = "string") -> dict[str, Any]:
    return {"description": description, "schema": {"type": kind}}


def _parameter(name: str, description: str, **schema: Any) -> dict[str, Any]:
    return {
        "name": name,
        "in": "header",
        "required": False,
        "description": description,
        "schema": {"type": "string", **schema},
    }


PARAMETERS = {
    "If-None-Match": _parameter(
        "If-None-Match", "ETags that the client has: it is answered 304 while one is current."
    ),
    "Idempotency-Key": _parameter(
        "Idempotency-Key",
        "Makes it safe to send the request again: within 24 hours the same key with the same body "
        "gets the first answer, and has no second effect.",
        minLength=1,
        maxLength=255,
        pattern="^[!-~]+$",
    ),
}

_ETAG = _header("Strong tag of this answer, for `If-None-Match` and `If-Match`.")
_LINK = _header('Address of the next page: `<…>; rel="next"`; missing on the last one.')
_LOCATION = _header("Where the new resource is.")
_REPLAYED = _header("`true` when this is the answer to an earlier request with the same key.")
_RETRY_AFTER = _header("Seconds after which to try again.", "integer")

_OF_PROBLEMS = {
    401: {"WWW-Authenticate": _header("`Bearer`.")},
    412: {"ETag": _header("Tag of the present version.")},
    428: {"ETag": _header("Tag of the present version.")},
    429: {
        "Retry-After": _RETRY_AFTER,
        "RateLimit": _header("What is left of the limit, and when it is whole again."),
        "RateLimit-Policy": _header("The limit: requests per window."),
    },
    503: {"Retry-After": _RETRY_AFTER},
}


def headers_of(route: CMSRoute, method: str, status: str, *, is_list: bool) -> dict[str, Any]:
    """Return the headers of a successful answer; none for another."""
    headers: dict[str, Any] = {}
    if not status.startswith("2"):
        return headers
    if method == "GET" or (route.door is Door.AUTHORING and status != "204"):
        headers["ETag"] = _ETAG
    if is_list:
        headers["Link"] = _LINK
    if status == "201":
        headers["Location"] = _LOCATION
    if method == "POST" and route.idempotent:
        headers["Idempotency-Replayed"] = _REPLAYED
    return headers


def headers_of_problem(status: int) -> dict[str, Any]:
    """Return the headers that a problem of this status has beyond those of every answer."""
    return _OF_PROBLEMS.get(status, {})

"""What routes answer when they don't do what was asked, for their OpenAPI description."""

from typing import Any

_PROBLEMS = {
    401: "The credentials are not, or no longer, valid.",
    403: "Without the permission for this.",
    404: "There is no such thing.",
    409: "In conflict with the present state; `code` says which.",
    412: "`If-Match` does not name the present version, which `ETag` tells.",
    422: "Not acceptable; `errors` says what is wrong where.",
    428: "`If-Match` is missing, and this server asks for it.",
    429: "Too often; `Retry-After` says when again.",
}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the `responses` of a route that may answer with these problems."""
    return {
        status: {"description": _PROBLEMS[status], "content": {"application/problem+json": {}}}
        for status in statuses
    }


#: What every change of an existing thing may be answered with.
CHANGE_PROBLEMS = problems(404, 409, 412, 428)

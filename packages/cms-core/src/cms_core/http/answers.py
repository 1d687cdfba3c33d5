"""Single resources as answers: JSON bytes, a versioned ETag, a Location."""

from collections.abc import Mapping

from fastapi import Request, Response
from pydantic import BaseModel

from cms_core.http.conditional import strong_etag
from cms_core.http.exchange import exchange_of


def answer(
    content: BaseModel,
    *,
    version: int | None = None,
    status: int = 200,
    location: str | None = None,
) -> Response:
    """Return `content` as JSON with its ETag; `version` is what `If-Match` will be compared with.

    `location` is an absolute URL built from CMS_PUBLIC_URL.
    """
    body = content.model_dump_json(by_alias=True).encode()
    headers = {"ETag": strong_etag(body, version)}
    if location is not None:
        headers["Location"] = location
    return Response(body, status_code=status, media_type="application/json", headers=headers)


def add_headers(request: Request, headers: Mapping[str, str]) -> None:
    """Say this with the answer to a request, whatever it will be: a refusal too."""
    added = ((name.lower().encode(), value.encode()) for name, value in headers.items())
    exchange_of(request.scope).headers.extend(added)

"""ETags, `If-None-Match` and `If-Match` (RFC 9110, section 13)."""

from __future__ import annotations

import hashlib
import re
from typing import Annotated

from fastapi import Depends, Header, Request, Response

from cms_core.errors import PreconditionFailed, PreconditionRequired

_TAG = re.compile(r'(W/)?"([^"]*)"')


def strong_etag(body: bytes, version: int | None = None) -> str:
    """Return a strong ETag: a digest of the body, led by the resource's version where it has one.

    `If-Match` compares the version alone: the rest changes too when something merely shown (an
    author's name) changes, which must not fail an editor's write.
    """
    digest = hashlib.sha256(body).hexdigest()[:20]
    return f'"{digest}"' if version is None else f'"{version}-{digest}"'


def answer_conditionally(request: Request, response: Response) -> Response:
    """Give a `GET` answer its ETag and turn it into 304 when the client has it already."""
    if request.method not in ("GET", "HEAD") or response.status_code != 200:
        return response
    body = getattr(response, "body", None)
    if "etag" not in response.headers and isinstance(body, bytes):
        response.headers["ETag"] = strong_etag(body)
    tag = response.headers.get("etag")
    sent = request.headers.get("if-none-match")
    if tag is None or sent is None or not none_match(sent, tag):
        return response
    kept = ("etag", "cache-control", "vary", "link", "content-location", "date", "expires")
    headers = {name: value for name, value in response.headers.items() if name in kept}
    return Response(status_code=304, headers=headers)


def entity_tags(header: str) -> list[tuple[bool, str]]:
    """Return the tags of a list, each with whether it is weak; none when it is malformed."""
    tags, end = [], 0
    for match in _TAG.finditer(header):
        if header[end : match.start()].strip(", \t"):
            return []
        tags.append((bool(match[1]), match[2]))
        end = match.end()
    return [] if header[end:].strip(", \t") else tags


def none_match(sent: str, tag: str) -> bool:
    """Whether an ``If-None-Match`` names this tag."""
    # Weak comparison, as RFC 9110 asks for If-None-Match.
    wanted = tag.removeprefix("W/")
    return sent.strip() == "*" or any(f'"{opaque}"' == wanted for _, opaque in entity_tags(sent))


class Precondition:
    """What the client's `If-Match` allows; compare it with the row that you hold locked."""

    def __init__(self, header: str | None, *, required: bool) -> None:
        self._header = header.strip() if header is not None else None
        self._required = required

    def check(self, version: int) -> None:
        """Raise `PreconditionFailed` unless the resource still has the version the client saw.

        Raises `PreconditionRequired` when the header is missing and CMS_REQUIRE_IF_MATCH is set.
        """
        if self._header is None:
            if self._required:
                raise PreconditionRequired(etag=f'"{version}"')
            return
        if self._header == "*":
            return
        strong = (opaque for weak, opaque in entity_tags(self._header) if not weak)
        if not any(opaque.partition("-")[0] == str(version) for opaque in strong):
            raise PreconditionFailed(etag=f'"{version}"')


#: No condition at all: what jobs, imports and commands pass.
ANY_VERSION = Precondition(None, required=False)


async def precondition_of(
    request: Request,
    if_match: Annotated[
        str | None, Header(alias="If-Match", description="ETag of the version to change.")
    ] = None,
) -> Precondition:
    return Precondition(if_match, required=request.app.state.cms.settings.require_if_match)


#: Parameter of an endpoint that changes an existing resource.
IfMatch = Annotated[Precondition, Depends(precondition_of)]

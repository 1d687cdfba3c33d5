"""The bytes of files, for anybody who may have them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from email.utils import format_datetime
from typing import Annotated, Any
from uuid import UUID

import structlog
from fastapi import Query, Request, Response
from fastapi.responses import StreamingResponse

from cms_core import CMS, RootRouter, fetch, none_match, wants_body
from cms_media import scopes
from cms_media.addresses import Addresses
from cms_media.content.kinds import KINDS
from cms_media.content.names import content_disposition
from cms_media.content.ranges import parse_range, range_applies
from cms_media.delivery.pictures import Pictures, Served
from cms_media.errors import MediaNotFound
from cms_media.images.variants import Variant
from cms_media.queries import SERVED, SERVED_VARIANT
from cms_media.storage import ObjectMissing, StorageUnavailable
from cms_media.workshop import Workshop

log = structlog.get_logger(__name__)

#: Whatever a file holds, a browser shall run nothing of it and load nothing for it.
_INERT = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/octet-stream": {}}, "description": "The whole file."},
    206: {"content": {"application/octet-stream": {}}, "description": "The range asked for."},
    307: {"description": "The storage's own address, with `CMS_MEDIA__REDIRECT`."},
    308: {"description": "The file has another name now; `Location` has it."},
    416: {"description": "The file has no bytes in that range."},
}


def files_router(cms: CMS, workshop: Workshop) -> RootRouter:
    """Return the router of the bytes of files."""
    router = RootRouter("/media", tags=["media"])
    files = _Files(cms, workshop)

    @router.get("/{id}/{filename}", responses=_ANSWERS, response_class=Response)
    async def read_file(
        request: Request,
        id: UUID,
        filename: str,
        s: Annotated[
            str | None, Query(max_length=200, description="Signature of a private file's address.")
        ] = None,
        v: Annotated[
            str | None, Query(max_length=200, description="Variant of an image, as it is listed.")
        ] = None,
    ) -> Response:
        """Read a file: a public one, or with its signature one that authors alone may see."""
        return await files.answer(request, id, filename, s, v)

    return router


class _Files:
    def __init__(self, cms: CMS, workshop: Workshop) -> None:
        self._cms = cms
        self._settings = workshop.settings
        self._addresses = Addresses(cms)
        self._storage = workshop.storage
        self._pictures = Pictures(cms, workshop)

    async def answer(
        self, request: Request, id: UUID, filename: str, signature: str | None, v: str | None
    ) -> Response:
        """Answer with a file. Raises `MediaNotFound`: it is not there, or not for this reader."""
        variant = None if v is None else self._addresses.variant_at(v, id)
        row = await self._row(id, variant)
        opened = signature is not None and self._addresses.opens(signature, id)
        if row is None or not (row.public or opened) or (v is not None and variant is None):
            raise MediaNotFound
        if filename != row.filename:
            return self._moved(row, variant, opened)
        file = Served(*row) if variant is None else await self._pictures.served(row, variant)
        try:
            return await self._handed_out(request, file)
        except ObjectMissing as error:
            if variant is None:
                log.error("bytes_missing", media_id=str(id))
                raise StorageUnavailable from error
            file = await self._pictures.again(row, variant, file.key)
        return await self._handed_out(request, file)

    async def _row(self, id: UUID, variant: Variant | None) -> Any:
        async with self._cms.reading() as session:
            if variant is None:
                found = await fetch(session, SERVED, media=id)
            else:
                found = await fetch(session, SERVED_VARIANT, media=id, name=variant.name)
        return found[0] if found else None

    def _moved(self, row: Any, variant: Variant | None, opened: bool) -> Response:
        addresses = self._addresses
        if variant is not None:
            signature = addresses.signature(row.id) if opened else None
            location = addresses.variant(row.id, row.filename, variant, signature)
        else:
            location = (addresses.signed if opened else addresses.public)(row.id, row.filename)
        headers = {"Location": location, "Cache-Control": "no-store"}
        return Response(status_code=308, headers=headers)

    async def _handed_out(self, request: Request, file: Served) -> Response:
        if self._settings.redirect and (away := await self._away(file)) is not None:
            return away
        return await self._bytes(request, file)

    async def _away(self, file: Served) -> Response | None:
        """The storage's own address of the file; None where it has none."""
        age = self._settings.link_age
        disposition = _disposition(file)
        url = await self._storage.signed_url(file.key, age, file.media_type, disposition)
        if url is None:
            return None
        return Response(status_code=307, headers={"Location": url, "Cache-Control": "no-store"})

    async def _bytes(self, request: Request, file: Served) -> Response:
        headers = self._headers(file)
        sent = request.headers.get("range")
        applies = range_applies(request.headers.get("if-range"), headers["ETag"], file.created_at)
        # Who asks whether it has changed gets that answered first.
        asked = None if not applies or "if-none-match" in request.headers else sent
        part = parse_range(asked, file.size)
        start, stop = (0, file.size) if part is None else (part.start, part.stop)
        if part is not None:
            headers["Content-Range"] = f"bytes {start}-{stop - 1}/{file.size}"
        headers["Content-Length"] = str(stop - start)
        known = none_match(request.headers.get("if-none-match", ""), headers["ETag"])
        status = 200 if part is None else 206
        if known or not wants_body(request):
            return Response(None, status, headers, media_type=file.media_type)
        pieces = self._storage.read(file.key, start, stop - start)
        # Once the head is sent, no error can be told.
        first = await anext(pieces, b"")
        if len(first) == stop - start:
            await pieces.aclose()
            return Response(first, status, headers, media_type=file.media_type)
        body = _all_of(first, pieces)
        return StreamingResponse(body, status, headers, media_type=file.media_type)

    def _headers(self, file: Served) -> dict[str, str]:
        age = self._settings.max_age
        cached = f"public, max-age={age}, immutable" if file.public else "private, no-store"
        return {
            "ETag": f'"{file.sha256[:40]}"',
            "Last-Modified": format_datetime(file.created_at.replace(microsecond=0), usegmt=True),
            "Accept-Ranges": "bytes",
            "Cache-Control": cached,
            "Content-Disposition": _disposition(file),
            "Content-Security-Policy": _INERT,
            "Cross-Origin-Resource-Policy": "cross-origin",
            "Surrogate-Key": scopes.of_media(file.id),
        }


def _disposition(file: Served) -> str:
    kind = KINDS.get(file.media_type)
    return content_disposition("inline" if kind and kind.inline else "attachment", file.filename)


async def _all_of(first: bytes, pieces: AsyncGenerator[bytes, None]) -> AsyncIterator[bytes]:
    async with aclosing(pieces):  # readers leave early
        yield first
        async for piece in pieces:
            yield piece

"""The routes that take files in: forms, and plain bytes under an id that the client chose."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Annotated, cast
from uuid import UUID

import structlog
from fastapi import Depends, Query, Request, Response
from pydantic import ValidationError

from cms_core import (
    CMS,
    AdminRouter,
    CMSError,
    FieldError,
    Invalid,
    Principal,
    Transaction,
    Unavailable,
    answer,
    requires,
    streamed,
    transact,
)
from cms_media.authoring.presentation import Presenter
from cms_media.authoring.schemas import Media, MediaDetails
from cms_media.content.multipart import UploadForm
from cms_media.permissions import WRITE
from cms_media.service.files import Details, add_file
from cms_media.service.quotas import room_of
from cms_media.service.receiving import Received, receive
from cms_media.settings import MediaSettings
from cms_media.storage import Storage

log = structlog.get_logger(__name__)

Writer = Annotated[Principal, requires(WRITE)]
#: Bytes of a form beside its file.
_FORM = 256 * 1024
_FORM_SCHEMA = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {"type": "string", "format": "binary"},
                        **{name: {"type": "string"} for name in MediaDetails.model_fields},
                    },
                }
            }
        },
    }
}
_BYTES_SCHEMA = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}


async def _details(
    alt: Annotated[str, Query(max_length=4000)] = "",
    title: Annotated[str, Query(max_length=4000)] = "",
    credit: Annotated[str, Query(max_length=4000)] = "",
    folder: Annotated[str, Query(max_length=4000)] = "",
) -> Details:
    return checked({"alt": alt, "title": title, "credit": credit, "folder": folder})


def checked(sent: Mapping[str, str]) -> Details:
    """What is said of a file, checked. Raises `Invalid`."""
    try:
        return cast(Details, MediaDetails.model_validate(sent).model_dump())
    except ValidationError as error:
        faults = [FieldError(f"/{each['loc'][0]}", each["msg"]) for each in error.errors()]
        raise Invalid(errors=faults) from None


def add_uploads(router: AdminRouter, cms: CMS, storage: Storage, presenter: Presenter) -> None:
    """Add the routes that take files in."""
    desk = _Uploads(cms, storage, presenter)
    largest = cms.plugin_settings(MediaSettings).largest

    @router.post("", status_code=201, response_model=Media, openapi_extra=_FORM_SCHEMA)
    @streamed(max_body=largest + _FORM)
    async def upload(request: Request, by: Writer) -> Response:
        """Upload a file with a form; it is private until something that readers see refers to it.

        What is said of the file may come before or after it.
        """
        content_type = request.headers.get("content-type", "")
        form = UploadForm(request.stream(), content_type, names=MediaDetails.model_fields)
        file = await form.begin()
        received = await desk.receive(file.chunks, file.filename, by)
        async with desk.keeping(received):
            details = checked(await form.finish())
            return await desk.add(request, received, details, by)

    @router.put(
        "/{id}/{filename}",
        status_code=201,
        response_model=Media,
        responses={200: {"description": "The file is there already.", "model": Media}},
        openapi_extra=_BYTES_SCHEMA,
    )
    @streamed(max_body=largest)
    async def put(
        request: Request,
        id: UUID,
        filename: str,
        details: Annotated[Details, Depends(_details)],
        by: Writer,
    ) -> Response:
        """Upload plain bytes under a new id; sent again, they are the same file."""
        received = await desk.receive(request.stream(), filename, by)
        async with desk.keeping(received):
            return await desk.add(request, received, details, by, id)


class _Uploads:
    """Stores bytes, then makes files of them: the slow part before the transaction."""

    def __init__(self, cms: CMS, storage: Storage, presenter: Presenter) -> None:
        self._cms = cms
        self._settings = cms.plugin_settings(MediaSettings)
        self._storage = storage
        self._presenter = presenter

    async def receive(self, chunks: AsyncIterator[bytes], filename: str, by: Principal) -> Received:
        """Store what comes, as far as the account has room for it."""
        async with self._cms.db.snapshot() as session:
            room = await room_of(session, by.id, self._settings.quota_bytes)
        return await receive(self._storage, self._settings, chunks, filename, room=room)

    @asynccontextmanager
    async def keeping(self, received: Received) -> AsyncIterator[None]:
        """Take stored bytes away again where they are refused.

        Where nobody knows whether a file has got them, they are left to the sweep.
        """
        try:
            yield
        except CMSError as error:
            if not isinstance(error, Unavailable):
                await self._discard(received)
            raise

    async def add(
        self,
        request: Request,
        received: Received,
        details: Details,
        by: Principal,
        id: UUID | None = None,
    ) -> Response:
        """Make a file of stored bytes and answer with it."""
        kept = ""

        async def perform(session: Transaction) -> Response:
            nonlocal kept
            added = await add_file(
                session,
                received,
                details,
                by=by,
                now=await session.now(),
                quota=self._settings.quota_bytes,
                id=id,
            )
            kept = added.key
            media, version = await self._presenter.one(session, added.item.id)
            status = 201 if added.is_new else 200
            location = f"{self._cms.settings.public_url}/api/v1/admin/media/{media.id}"
            return answer(media, version=version, status=status, location=location)

        response = await transact(request, perform, digest=received.sha256.encode())
        if kept != received.key:  # the same bytes were there already
            await self._discard(received)
        return response

    async def _discard(self, received: Received) -> None:
        try:
            await self._storage.delete(received.key)
        except CMSError as error:
            # No reason to fail: the sweep finds it.
            log.warning("bytes_left_behind", key=received.key, reason=str(error))

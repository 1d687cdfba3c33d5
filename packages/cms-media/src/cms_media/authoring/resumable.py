"""The routes of uploads that can be resumed: the tus protocol, version 1.0.0."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from typing import Annotated, Any
from uuid import UUID

from fastapi import Request, Response

from cms_core import (
    CMS,
    AdminRouter,
    CMSError,
    Principal,
    Transaction,
    Unavailable,
    may_answer,
    requires,
    streamed,
    transact,
)
from cms_media.authoring import tus
from cms_media.authoring.arrivals import Arrivals
from cms_media.authoring.refusals import refusal
from cms_media.authoring.schemas import ResumableUpload
from cms_media.models import MediaUpload
from cms_media.permissions import WRITE
from cms_media.service.resumable import begin_upload, upload_of
from cms_media.settings import MediaSettings
from cms_media.storage import Storage

Writer = Annotated[Principal, requires(WRITE)]


def _schema(body: bool, **headers: str) -> dict[str, Any]:
    """What OpenAPI says of headers, and of a body that is a piece."""
    parameters = [
        {
            "name": name.replace("_", "-"),
            "in": "header",
            "required": False,
            "description": description,
            "schema": {"type": "string"},
        }
        for name, description in {"Tus_Resumable": "`1.0.0`.", **headers}.items()
    ]
    content = {tus.PIECE: {"schema": {"type": "string", "format": "binary"}}}
    return {"parameters": parameters} | ({"requestBody": {"content": content}} if body else {})


_CHECKSUM = "`sha1` or `sha256`, a space, and the digest of this piece in base64."
_BEGIN = _schema(
    True,
    Upload_Length="Bytes of the whole file.",
    Upload_Metadata="Names and base64: `filename`, `alt`, `title`, `credit`, `folder`.",
    Upload_Checksum=_CHECKSUM,
)
_GO_ON = _schema(True, Upload_Offset="Where this piece begins.", Upload_Checksum=_CHECKSUM)


def add_resumable(router: AdminRouter, cms: CMS, storage: Storage) -> None:
    """Add the routes of uploads that can be resumed."""
    desk = _Desk(cms, storage)
    largest = cms.plugin_settings(MediaSettings).largest

    @router.post(
        "/uploads",
        status_code=201,
        response_class=Response,
        responses=may_answer(404, 412, 460, 507),
        openapi_extra=_BEGIN,
    )
    @streamed(max_body=largest)
    async def begin(request: Request, by: Writer) -> Response:
        """Begin an upload that can be resumed (tus 1.0.0); its first piece may come with it.

        `Location` is where its pieces go, until `Upload-Expires`.
        """
        return await desk.answer(request, lambda: desk.begin(request, by))

    @router.get("/uploads/{id}", response_model=ResumableUpload)
    async def look(request: Request, id: UUID, by: Writer) -> Response:
        """Look how much of an upload is here; `HEAD`, as tus asks, has it in `Upload-Offset`."""
        return await desk.answer(request, lambda: desk.look(id, by))

    @router.patch(
        "/uploads/{id}",
        status_code=204,
        response_class=Response,
        responses=may_answer(412, 460, 507),
        openapi_extra=_GO_ON,
    )
    @streamed(max_body=largest)
    async def go_on(request: Request, id: UUID, by: Writer) -> Response:
        """Go on with an upload; what has arrived stays, even if the piece breaks off.

        With the last piece the file is made, under the id of the upload: see `Media-Location`.
        """
        return await desk.answer(request, lambda: desk.go_on(request, id, by))

    @router.delete(
        "/uploads/{id}",
        status_code=204,
        responses=may_answer(412),
        openapi_extra=_schema(False),
    )
    async def end(request: Request, id: UUID, by: Writer) -> Response:
        """End an upload; a file that was made of it stays."""
        return await desk.answer(request, lambda: desk.end(id, by))


class _Desk:
    """Answers in the words of the protocol."""

    def __init__(self, cms: CMS, storage: Storage) -> None:
        self._cms = cms
        self._settings = cms.plugin_settings(MediaSettings)
        self._arrivals = Arrivals(cms, storage)
        self._spoken = tus.spoken(self._settings.largest)
        self._root = f"{cms.settings.public_url}/api/v1/admin/media"

    async def answer(
        self, request: Request, perform: Callable[[], Awaitable[Response]]
    ) -> Response:
        """Perform a request; every answer, a refusal too, says what is spoken here."""
        try:
            tus.check_version(request)
            response = await perform()
        except CMSError as error:
            return refusal(self._cms, request, error, self._spoken)
        response.headers.update(self._spoken)
        return response

    async def begin(self, request: Request, by: Principal) -> Response:
        announced, checksum = tus.announced_by(request), tus.checksum_of(request)
        piece_follows = tus.has_piece(request)
        begun: MediaUpload | None = None

        async def perform(session: Transaction) -> Response:
            nonlocal begun
            begun = await begin_upload(session, announced, self._settings, by=by)
            location = {"Location": f"{self._root}/uploads/{begun.id}"}
            return Response(status_code=201, headers=location | tus.state_of(begun))

        said = f"{announced.length} {announced.metadata}"
        digest = hashlib.sha256(said.encode()).digest()
        response = await transact(request, perform, digest=digest)
        if begun is None or not piece_follows or "idempotency-replayed" in response.headers:
            return response
        try:
            upload = await self._arrivals.take(request, begun, checksum)
        except CMSError as error:
            if not isinstance(error, Unavailable):  # nobody will know its address
                await self._arrivals.end(begun.id)
            raise
        response.headers.update(self._state_of(upload))
        return response

    async def look(self, id: UUID, by: Principal) -> Response:
        upload = await self._upload(id, by)
        shown = ResumableUpload.model_validate(upload, from_attributes=True)
        headers = self._state_of(upload) | {"Upload-Length": str(upload.length)}
        if upload.upload_metadata:
            headers["Upload-Metadata"] = upload.upload_metadata
        return Response(shown.model_dump_json(), media_type="application/json", headers=headers)

    async def go_on(self, request: Request, id: UUID, by: Principal) -> Response:
        tus.check_piece(request)
        offset, checksum = tus.number_in(request, "Upload-Offset"), tus.checksum_of(request)
        upload = await self._upload(id, by)
        upload = await self._arrivals.take(request, upload, checksum, offset)
        return Response(status_code=204, headers=self._state_of(upload))

    async def end(self, id: UUID, by: Principal) -> Response:
        await self._arrivals.end((await self._upload(id, by)).id)
        return Response(status_code=204)

    async def _upload(self, id: UUID, by: Principal) -> MediaUpload:
        async with self._cms.db.snapshot() as session:
            return await upload_of(session, id, by.id, await session.now())

    def _state_of(self, upload: MediaUpload) -> dict[str, str]:
        state = tus.state_of(upload)
        if upload.media_id:
            state["Media-Location"] = f"{self._root}/{upload.media_id}"
        return state

"""Uploads that can be resumed, answered in the words of the tus protocol."""

from __future__ import annotations

import hashlib
from uuid import UUID

from fastapi import Request, Response

from cms_core import CMS, CMSError, Principal, Transaction, Unavailable, add_headers, transact
from cms_media.authoring import tus
from cms_media.authoring.arrivals import Arrivals
from cms_media.authoring.schemas import ResumableUpload
from cms_media.models import MediaUpload
from cms_media.service.resumable import begin_upload, upload_of
from cms_media.workshop import Workshop


class UploadDesk:
    """Answers the requests about such uploads; every answer says what is spoken here."""

    def __init__(self, cms: CMS, workshop: Workshop) -> None:
        self._cms = cms
        self._settings = workshop.settings
        self._arrivals = Arrivals(cms, workshop)
        self._spoken = tus.spoken(self._settings.largest)
        self._root = f"{cms.settings.public_url}/api/v1/admin"

    def _greet(self, request: Request) -> None:
        """Say what is spoken here, with a refusal too. Raises `UploadVersionUnsupported`."""
        add_headers(request, self._spoken)
        tus.check_version(request)

    async def begin(self, request: Request, by: Principal) -> Response:
        """Begin an upload, with its first piece if that comes along."""
        self._greet(request)
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

    async def look(self, request: Request, id: UUID, by: Principal) -> Response:
        """Tell how much of an upload is here."""
        self._greet(request)
        upload = await self._upload(id, by)
        shown = ResumableUpload.model_validate(upload, from_attributes=True)
        headers = self._state_of(upload) | {"Upload-Length": str(upload.length)}
        if upload.upload_metadata:
            headers["Upload-Metadata"] = upload.upload_metadata
        return Response(shown.model_dump_json(), media_type="application/json", headers=headers)

    async def go_on(self, request: Request, id: UUID, by: Principal) -> Response:
        """Take the next piece."""
        self._greet(request)
        tus.check_piece(request)
        offset, checksum = tus.number_in(request, "Upload-Offset"), tus.checksum_of(request)
        upload = await self._upload(id, by)
        upload = await self._arrivals.take(request, upload, checksum, offset)
        return Response(status_code=204, headers=self._state_of(upload))

    async def end(self, request: Request, id: UUID, by: Principal) -> Response:
        """Take an upload away."""
        self._greet(request)
        await self._arrivals.end((await self._upload(id, by)).id)
        return Response(status_code=204)

    async def _upload(self, id: UUID, by: Principal) -> MediaUpload:
        async with self._cms.db.snapshot() as session:
            return await upload_of(session, id, by.id, await session.now())

    def _state_of(self, upload: MediaUpload) -> dict[str, str]:
        state = tus.state_of(upload)
        if upload.media_id:
            state["Media-Location"] = f"{self._root}/media/{upload.media_id}"
        return state

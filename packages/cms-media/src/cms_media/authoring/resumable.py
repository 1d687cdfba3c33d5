"""The routes of uploads that can be resumed: the tus protocol, version 1.0.0."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import Request, Response

from cms_core import CMS, AdminRouter, Principal, may_answer, requires, streamed
from cms_media.authoring import tus
from cms_media.authoring.schemas import ResumableUpload
from cms_media.authoring.upload_desk import UploadDesk
from cms_media.permissions import WRITE
from cms_media.workshop import Workshop

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


def resumable_router(cms: CMS, workshop: Workshop) -> AdminRouter:
    """Return the router of uploads that can be resumed.

    Not below the files: an upload is none, and its address would look like that of one.
    """
    router = AdminRouter("/uploads", tags=["media"])
    desk = UploadDesk(cms, workshop)
    largest = workshop.settings.largest

    @router.post(
        "",
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
        return await desk.begin(request, by)

    @router.get("/{id}", response_model=ResumableUpload)
    async def look(request: Request, id: UUID, by: Writer) -> Response:
        """Look how much of an upload is here; `HEAD`, as tus asks, has it in `Upload-Offset`."""
        return await desk.look(request, id, by)

    @router.patch(
        "/{id}",
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
        return await desk.go_on(request, id, by)

    @router.delete(
        "/{id}",
        status_code=204,
        responses=may_answer(412),
        openapi_extra=_schema(False),
    )
    async def end(request: Request, id: UUID, by: Writer) -> Response:
        """End an upload; a file that was made of it stays."""
        return await desk.end(request, id, by)

    return router

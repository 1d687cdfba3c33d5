"""The routes that take files in: forms, and plain bytes under an id that the client chose."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, cast
from uuid import UUID

from fastapi import Depends, Query, Request, Response
from pydantic import ValidationError

from cms_core import (
    CMS,
    AdminRouter,
    FieldError,
    Invalid,
    Principal,
    requires,
    streamed,
)
from cms_media.authoring.intake import Intake
from cms_media.authoring.presentation import Presenter
from cms_media.authoring.schemas import Media, MediaDetails
from cms_media.content.multipart import UploadForm
from cms_media.permissions import WRITE
from cms_media.service.files import Details
from cms_media.workshop import Workshop

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


def add_uploads(router: AdminRouter, cms: CMS, workshop: Workshop, presenter: Presenter) -> None:
    """Add the routes that take files in."""
    intake = Intake(cms, workshop, presenter)
    largest = workshop.settings.largest

    @router.post("", status_code=201, response_model=Media, openapi_extra=_FORM_SCHEMA)
    @streamed(max_body=largest + _FORM)
    async def upload(request: Request, by: Writer) -> Response:
        """Upload a file with a form; it is private until something that readers see refers to it.

        What is said of the file may come before or after it.
        """
        content_type = request.headers.get("content-type", "")
        form = UploadForm(request.stream(), content_type, names=MediaDetails.model_fields)
        file = await form.begin()
        received = await intake.receive(file.chunks, file.filename, by)
        async with intake.keeping(received):
            details = checked(await form.finish())
            return await intake.add(request, received, details, by)

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
        received = await intake.receive(request.stream(), filename, by)
        async with intake.keeping(received):
            return await intake.add(request, received, details, by, id)

"""The routes of the media library."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Response

from cms_core import (
    CMS,
    AdminRouter,
    IfMatch,
    Listing,
    Page,
    Principal,
    Snapshot,
    Transaction,
    answer,
    listing,
    requires,
)
from cms_media.addresses import Addresses
from cms_media.authoring.listing import SORTS, Filters, filters_of
from cms_media.authoring.presentation import Presenter
from cms_media.authoring.schemas import ImageVariant, ListedMedia, Media, MediaPatch, WantedVariant
from cms_media.authoring.uploads import add_uploads
from cms_media.permissions import WRITE
from cms_media.service.files import delete_file, edit_file
from cms_media.settings import Format
from cms_media.workshop import Workshop

Writer = Annotated[Principal, requires(WRITE)]
MediaListing = Annotated[Listing, Depends(listing(ListedMedia, SORTS, "-created_at"))]
MediaFilters = Annotated[Filters, Depends(filters_of)]


def library_router(cms: CMS, workshop: Workshop) -> AdminRouter:
    """Return the router of all that authors do with files."""
    router = AdminRouter("/media")
    presenter = Presenter(cms, Addresses(cms))
    add_uploads(router, cms, workshop, presenter)
    _add_files(router, presenter)
    return router


def _add_files(router: AdminRouter, presenter: Presenter) -> None:
    @router.get("", response_model=Page[ListedMedia])
    async def list_media(
        session: Snapshot, page: MediaListing, filters: MediaFilters, by: Writer
    ) -> Response:
        """List files, everybody's: what one author has uploaded, others may show."""
        found = await page.rows(session, filters.files())
        return page.answer(await presenter.listed(session, found.rows, page), found)

    @router.get("/{id}", response_model=Media)
    async def read(session: Snapshot, id: UUID, by: Writer) -> Response:
        """Read what is known of a file, and what refers to it."""
        media, version = await presenter.one(session, id)
        return answer(media, version=version)

    @router.get("/{id}/variants/{format}", response_model=ImageVariant)
    async def variant(
        session: Snapshot,
        id: UUID,
        format: Format,
        wanted: Annotated[WantedVariant, Query()],
        by: Writer,
    ) -> Response:
        """Get the address of an image in a size of your choice; it is made when it is first read.

        Nothing is ever enlarged.
        """
        return answer(await presenter.variant(session, id, format, wanted))

    @router.patch("/{id}", response_model=Media)
    async def edit(
        session: Transaction, id: UUID, body: MediaPatch, by: Writer, if_match: IfMatch
    ) -> Response:
        """Change what is said of a file; its bytes never change."""
        sent = body.details()
        now = await session.now()
        await edit_file(session, id, sent, by=by, now=now, precondition=if_match)
        media, version = await presenter.one(session, id)
        return answer(media, version=version)

    @router.delete("/{id}", status_code=204)
    async def delete(
        session: Transaction,
        id: UUID,
        by: Writer,
        if_match: IfMatch,
        force: Annotated[bool, Query(description="Even if something refers to it.")] = False,
    ) -> Response:
        """Delete a file, for readers at once; `media-in-use` (409) where something refers to it."""
        await delete_file(session, id, by=by, force=force, precondition=if_match)
        return Response(status_code=204)

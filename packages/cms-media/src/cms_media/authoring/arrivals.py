"""Pieces of uploads as they come in: whatever arrived is kept, even if its sender leaves."""

from __future__ import annotations

import asyncio
from uuid import UUID

from fastapi import Request
from starlette.requests import ClientDisconnect

from cms_core import CMS, CMSError, Transaction, Unavailable
from cms_media.errors import PieceTooLarge, UploadOffsetConflict
from cms_media.models import MediaUpload
from cms_media.service.assembling import Assembly
from cms_media.service.pieces import Checksum, Flow, Piece, store_piece
from cms_media.service.receiving import discard
from cms_media.service.resumable import add_piece
from cms_media.workshop import Workshop


class Arrivals:
    """Takes the pieces of one CMS in."""

    def __init__(self, cms: CMS, workshop: Workshop) -> None:
        self._cms = cms
        self._background = workshop.background
        self._storage = workshop.storage
        self._age = workshop.settings.upload_age
        self._assembly = Assembly(cms, workshop)

    async def take(
        self, request: Request, upload: MediaUpload, checksum: Checksum | None, offset: int = 0
    ) -> MediaUpload:
        """Let an upload go on with the body of a request; make its file where that was all.

        Raises `UploadOffsetConflict`, `PieceTooLarge`, `PieceChecksumMismatch`, and what a refused
        file raises.
        """
        if upload.offset != offset:
            raise UploadOffsetConflict
        announced = request.headers.get("content-length", "")
        if announced.isdigit() and int(announced) > upload.length - offset:
            raise PieceTooLarge
        flow = Flow()
        # A task of its own: a deadline that passes ends the request, never the piece.
        keeping = self._background.start(self._keep(upload, flow, checksum))
        keeping.add_done_callback(flow.leave)
        await flow.fill(request.stream())
        kept = await asyncio.shield(keeping)
        if flow.is_broken:
            raise ClientDisconnect
        return kept

    async def end(self, id: UUID) -> None:
        """Take an upload away, with its pieces."""
        await self._assembly.end(id)

    async def _keep(
        self, upload: MediaUpload, flow: Flow, checksum: Checksum | None
    ) -> MediaUpload:
        offset = upload.offset
        most = upload.length - offset
        piece = await store_piece(
            self._storage, upload.id, offset, flow, most=most, checksum=checksum
        )
        upload = await self._record(upload, piece)
        if upload.offset == upload.length and upload.media_id is None:
            upload.media_id = await self._assembly.finish(upload)
        return upload

    async def _record(self, upload: MediaUpload, piece: Piece | None) -> MediaUpload:
        async def perform(session: Transaction) -> MediaUpload:
            return await add_piece(
                session, upload.id, upload.owner_id, upload.offset, piece, self._age
            )

        try:
            return await self._cms.db.run(perform)
        except CMSError as error:
            # Else nobody knows whether it belongs to the upload: the sweep finds out.
            if piece and not isinstance(error, Unavailable):
                await discard(self._storage, piece.key)
            raise

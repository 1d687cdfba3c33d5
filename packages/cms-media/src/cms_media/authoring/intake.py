"""From bytes that come in to files: the slow part before the transaction."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from fastapi import Request, Response

from cms_core import CMS, CMSError, Principal, Transaction, Unavailable, answer, transact
from cms_media.authoring.presentation import Presenter
from cms_media.service.files import Details, add_file
from cms_media.service.quotas import room_of
from cms_media.service.receiving import Received, discard, receive
from cms_media.workshop import Workshop


class Intake:
    """Stores bytes, then makes files of them: the slow part before the transaction."""

    def __init__(self, cms: CMS, workshop: Workshop, presenter: Presenter) -> None:
        self._cms = cms
        self._workshop = workshop
        self._quota = workshop.settings.quota_bytes
        self._presenter = presenter

    async def receive(self, chunks: AsyncIterator[bytes], filename: str, by: Principal) -> Received:
        """Store what comes, as far as the account has room for it."""
        async with self._cms.db.snapshot() as session:
            room = await room_of(session, by.id, self._quota)
        return await receive(self._workshop, chunks, filename, room=room)

    @asynccontextmanager
    async def keeping(self, received: Received) -> AsyncIterator[None]:
        """Take stored bytes away again where they are refused.

        Where nobody knows whether a file has got them, they are left to the sweep.
        """
        try:
            yield
        except CMSError as error:
            if not isinstance(error, Unavailable):
                await discard(self._workshop.storage, received.key)
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
                quota=self._quota,
                id=id,
            )
            kept = added.key
            media, version = await self._presenter.one(session, added.item.id)
            status = 201 if added.is_new else 200
            location = f"{self._cms.settings.public_url}/api/v1/admin/media/{media.id}"
            return answer(media, version=version, status=status, location=location)

        response = await transact(request, perform, digest=received.sha256.encode())
        if kept != received.key:  # the same bytes were there already
            # A storage that is slow now must not make a refusal of what is committed.
            self._workshop.background.start(discard(self._workshop.storage, received.key))
        return response

"""Routes that change what a post is: live or not, in the trash or not."""

from __future__ import annotations

from uuid import UUID

from fastapi import Response

from cms_core import AdminRouter, IfMatch, Transaction
from cms_posts.authoring.bodies import Publication
from cms_posts.authoring.desk import Desk, Publisher, Purger, Writer
from cms_posts.authoring.schemas import WorkingPost
from cms_posts.service.publication import publish_post, unpublish_post
from cms_posts.service.trash import purge_post, trash_post, untrash_post


def add_publication(router: AdminRouter, desk: Desk) -> None:
    """Add the routes that change what readers see."""

    @router.post("/{id}/publish", response_model=WorkingPost)
    async def publish(
        session: Transaction,
        id: UUID,
        by: Publisher,
        if_match: IfMatch,
        body: Publication | None = None,
    ) -> Response:
        """Publish the working copy or the named revision; if it is live, nothing changes."""
        number = body.revision if body else None
        now = await session.now()
        post = await publish_post(
            session, id, by=by, now=now, revision=number, precondition=if_match
        )
        return await desk.answer_post(session, post)

    @router.post("/{id}/unpublish", response_model=WorkingPost)
    async def unpublish(
        session: Transaction, id: UUID, by: Publisher, if_match: IfMatch
    ) -> Response:
        """Take the post down; nothing changes when it is not live."""
        now = await session.now()
        post = await unpublish_post(session, id, by=by, now=now, precondition=if_match)
        return await desk.answer_post(session, post)


def add_trash(router: AdminRouter, desk: Desk) -> None:
    """Add the routes of the trash."""

    @router.delete("/{id}", status_code=204)
    async def trash(session: Transaction, id: UUID, by: Writer, if_match: IfMatch) -> Response:
        """Put the post into the trash; a live one is taken down."""
        await trash_post(session, id, by=by, now=await session.now(), precondition=if_match)
        return Response(status_code=204)

    @router.post("/{id}/untrash", response_model=WorkingPost)
    async def untrash(session: Transaction, id: UUID, by: Writer, if_match: IfMatch) -> Response:
        """Take the post out of the trash; it is not live then, whatever it was before."""
        now = await session.now()
        post = await untrash_post(session, id, by=by, now=now, precondition=if_match)
        return await desk.answer_post(session, post)

    @router.post("/{id}/purge", status_code=204)
    async def purge(session: Transaction, id: UUID, by: Purger, if_match: IfMatch) -> Response:
        """Delete a post in the trash for good, with its history; its names are free again."""
        await purge_post(session, id, by=by, precondition=if_match)
        return Response(status_code=204)

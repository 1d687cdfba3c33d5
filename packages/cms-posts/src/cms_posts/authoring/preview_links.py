"""Routes of preview links."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Response
from sqlalchemy.ext.asyncio import AsyncSession

from cms_core import (
    CMS,
    AdminRouter,
    Listing,
    Page,
    Snapshot,
    Transaction,
    answer,
    listing,
    shown_once,
)
from cms_posts.authoring.bodies import NewPreviewLink
from cms_posts.authoring.desk import Desk, Writer
from cms_posts.authoring.listing import PREVIEW_LINK_SORTS, preview_links
from cms_posts.authoring.schemas import CreatedPreviewLink, ListedPreviewLink
from cms_posts.errors import PreviewLinkNotFound, PreviewTooLong
from cms_posts.models import PreviewLink
from cms_posts.previews import preview_token
from cms_posts.service.preview_links import create_preview_link, revoke_preview_link
from cms_posts.settings import PostsSettings

LinkListing = Annotated[
    Listing, Depends(listing(ListedPreviewLink, PREVIEW_LINK_SORTS, "-created_at"))
]


def add_preview_links(router: AdminRouter, desk: Desk) -> None:
    """Add the routes of preview links."""
    longest = desk.cms.plugin_settings(PostsSettings).preview_max_age

    @router.post(
        "/{id}/preview-links",
        status_code=201,
        response_model=CreatedPreviewLink,
    )
    @shown_once
    async def create(session: Transaction, id: UUID, body: NewPreviewLink, by: Writer) -> Response:
        """Make a link that shows the working copy to whoever has it; its address is told once."""
        if body.expires_in > longest:
            raise PreviewTooLong.at("/expires_in", f"at most {longest} seconds")
        lasts = timedelta(seconds=body.expires_in)
        link = await create_preview_link(session, id, by=by, now=await session.now(), lasts=lasts)
        created = CreatedPreviewLink(
            id=link.id, url=preview_url(desk.cms, link.id), expires_at=link.expires_at
        )
        return answer(created, status=201, location=desk.address(id, "preview-links", link.id))

    @router.get("/{id}/preview-links", response_model=Page[ListedPreviewLink])
    async def list_links(session: Snapshot, id: UUID, page: LinkListing, by: Writer) -> Response:
        """List the post's preview links, without their addresses."""
        await desk.post(session, id, by)
        found = await page.rows(session, preview_links(id))
        rows = [row._mapping for row in found.rows]
        return page.answer(await desk.presenter.preview_links(session, rows), found)

    @router.get(
        "/{id}/preview-links/{link_id}",
        response_model=ListedPreviewLink,
    )
    async def read(session: Snapshot, id: UUID, link_id: UUID, by: Writer) -> Response:
        """Read when a preview link was made, when it ends and whether it was revoked."""
        await desk.post(session, id, by)
        return answer(await _read(session, desk, id, link_id))

    @router.delete("/{id}/preview-links/{link_id}", status_code=204)
    async def revoke(session: Transaction, id: UUID, link_id: UUID, by: Writer) -> Response:
        """End a preview link at once."""
        await revoke_preview_link(session, id, link_id, by=by, now=await session.now())
        return Response(status_code=204)


def preview_url(cms: CMS, link_id: UUID) -> str:
    """The address that shows a working copy to whoever has it."""
    return f"{cms.settings.public_url}/api/v1/previews/{preview_token(cms, link_id)}"


async def _read(
    session: AsyncSession, desk: Desk, post_id: UUID, link_id: UUID
) -> ListedPreviewLink:
    only = preview_links(post_id).where(PreviewLink.id == link_id)
    rows = [row._mapping for row in (await session.execute(only)).all()]
    if not rows:
        raise PreviewLinkNotFound
    return (await desk.presenter.preview_links(session, rows))[0]

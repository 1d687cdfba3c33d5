"""Routes of working copies: list, create, read, edit."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Response

from cms_core import AdminRouter, IfMatch, Listing, Page, Snapshot, Transaction, answer, listing
from cms_posts.authoring.bodies import NewPost, PostPatch
from cms_posts.authoring.desk import Desk, Writer
from cms_posts.authoring.listing import BODIES, POST_SORTS, Filters, Status, working_copies
from cms_posts.authoring.schemas import ListedWorkingPost, Visibility, WorkingPost
from cms_posts.authoring.visibility import visibility_of
from cms_posts.models import MAX_SLUG, MAX_TITLE
from cms_posts.service.access import sees_all
from cms_posts.service.drafts import create_post, edit_post


async def _filters(
    status: Status | None = None,
    author: Annotated[UUID | None, Query(description="Id of the author.")] = None,
    tag: Annotated[str | None, Query(max_length=MAX_SLUG, description="Slug of a tag.")] = None,
    q: Annotated[
        str | None,
        Query(min_length=1, max_length=MAX_TITLE, description="Part of the title or the slug."),
    ] = None,
    trashed: Annotated[
        bool, Query(description="Those in the trash instead of the others.")
    ] = False,
) -> Filters:
    return Filters(status=status, author=author, tag=tag, q=q, trashed=trashed)


PostFilters = Annotated[Filters, Depends(_filters)]
PostListing = Annotated[
    Listing, Depends(listing(ListedWorkingPost, POST_SORTS, "-updated_at", BODIES))
]


def add_posts(router: AdminRouter, desk: Desk) -> None:
    """Add the routes of working copies."""

    @router.get("", response_model=Page[ListedWorkingPost])
    async def list_posts(
        session: Snapshot, page: PostListing, filters: PostFilters, by: Writer
    ) -> Response:
        """List working copies: one's own, or everybody's with `posts:write-any`."""
        own = None if sees_all(by) else by.id
        bodies = [name for name in BODIES if page.wants(name)]
        statement = working_copies(replace(filters, of=own), bodies)
        found = await page.rows(session, statement)
        rows = [row._mapping for row in found.rows]
        return page.answer(await desk.presenter.listed_posts(session, rows, page.wants), found)

    @router.post("", status_code=201, response_model=WorkingPost)
    async def create(session: Transaction, body: NewPost, by: Writer) -> Response:
        """Create a draft; `slug-taken` (409) where another post has the slug that is asked for."""
        content = await desk.intake.content(session, body, by)
        copy = await create_post(session, content, by=by, now=await session.now())
        return await desk.answer_created(session, copy)

    @router.get("/{id}", response_model=WorkingPost)
    async def read(session: Snapshot, id: UUID, by: Writer) -> Response:
        """Read a working copy."""
        return await desk.answer(session, await desk.working_copy(session, id, by))

    @router.patch("/{id}", response_model=WorkingPost)
    async def edit(
        session: Transaction, id: UUID, body: PostPatch, by: Writer, if_match: IfMatch
    ) -> Response:
        """Change the working copy, which makes a revision; readers see it once it is published."""
        changes = await desk.intake.changes(session, body, by)
        now = await session.now()
        copy = await edit_post(session, id, changes, by=by, now=now, precondition=if_match)
        return await desk.answer(session, copy)

    @router.get("/{id}/visibility", response_model=Visibility)
    async def visibility(session: Snapshot, id: UUID, by: Writer) -> Response:
        """Say whether readers see the post now, and why or why not."""
        copy = await desk.working_copy(session, id, by)
        return answer(await visibility_of(session, desk.cms, copy, by))

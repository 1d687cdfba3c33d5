"""Routes of a post's history."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path, Query, Response
from sqlalchemy.ext.asyncio import AsyncSession

from cms_core import AdminRouter, IfMatch, Listing, Page, Snapshot, Transaction, answer, listing
from cms_posts.authoring.bodies import MAX_INTEGER
from cms_posts.authoring.comparison import compare
from cms_posts.authoring.desk import Desk, Writer
from cms_posts.authoring.listing import REVISION_SORTS, revisions
from cms_posts.authoring.schemas import ListedRevision, Revision, RevisionDiff, WorkingPost
from cms_posts.errors import RevisionNotFound
from cms_posts.models import PostRevision
from cms_posts.queries import find_revision
from cms_posts.service.history import restore_revision

RevisionListing = Annotated[Listing, Depends(listing(ListedRevision, REVISION_SORTS, "-number"))]
Against = Annotated[
    int | None, Query(ge=1, le=MAX_INTEGER, description="The other revision; the one before.")
]
Number = Annotated[int, Path(ge=1, le=MAX_INTEGER, description="Number of a revision.")]


def add_history(router: AdminRouter, desk: Desk) -> None:
    """Add the routes of revisions."""

    @router.get("/{id}/revisions", response_model=Page[ListedRevision])
    async def list_revisions(
        session: Snapshot, id: UUID, page: RevisionListing, by: Writer
    ) -> Response:
        """List the revisions of a post, the newest first."""
        await desk.post(session, id, by)
        found = await page.rows(session, revisions(id))
        rows = [row._mapping for row in found.rows]
        return page.answer(await desk.presenter.listed_revisions(session, rows), found)

    @router.get("/{id}/revisions/{number}", response_model=Revision)
    async def read(session: Snapshot, id: UUID, number: Number, by: Writer) -> Response:
        """Read a revision with its content; it never changes."""
        await desk.post(session, id, by)
        revision = await _revision(session, id, number)
        return answer(await desk.presenter.revision(session, revision))

    @router.get("/{id}/revisions/{number}/diff", response_model=RevisionDiff)
    async def diff(
        session: Snapshot, id: UUID, number: Number, by: Writer, against: Against = None
    ) -> Response:
        """Say what changed in a revision since the one before, or since the one named."""
        await desk.post(session, id, by)
        new = await _revision(session, id, number)
        if against is None and number > 1:
            against = number - 1
        old = None if against is None else await _revision(session, id, against)
        return answer(await compare(session, desk.extensions, old, new))

    @router.post("/{id}/revisions/{number}/restore", response_model=WorkingPost)
    async def restore(
        session: Transaction, id: UUID, number: Number, by: Writer, if_match: IfMatch
    ) -> Response:
        """Make the working copy equal to an old revision, as a new one.

        The author comes back only for who has `posts:write-any`, tags that are gone do not.
        """
        now = await session.now()
        copy = await restore_revision(session, id, number, by=by, now=now, precondition=if_match)
        return await desk.answer(session, copy)


async def _revision(session: AsyncSession, post_id: UUID, number: int) -> PostRevision:
    revision = await find_revision(session, post_id, number)
    if revision is None:
        raise RevisionNotFound
    return revision

"""What the authoring routes share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Response
from sqlalchemy.ext.asyncio import AsyncSession

from cms_core import CMS, Principal, answer, requires
from cms_posts.authoring.intake import Intake
from cms_posts.authoring.presentation import Presenter
from cms_posts.content import WorkingCopy
from cms_posts.errors import PostNotFound
from cms_posts.extensions import Extensions
from cms_posts.models import Post
from cms_posts.permissions import PUBLISH, PURGE, WRITE
from cms_posts.queries import find_working_copy, head_of
from cms_posts.service.access import admit

Writer = Annotated[Principal, requires(WRITE)]
Publisher = Annotated[Principal, requires(PUBLISH)]
Purger = Annotated[Principal, requires(PURGE)]


@dataclass(frozen=True, slots=True)
class Desk:
    """Takes bodies in and hands working copies out."""

    cms: CMS
    extensions: Extensions
    intake: Intake
    presenter: Presenter

    @classmethod
    def of(cls, cms: CMS, extensions: Extensions) -> Desk:
        """Return the desk of a CMS."""
        return cls(cms, extensions, Intake(cms, extensions), Presenter(cms, extensions))

    def address(self, post_id: UUID, *parts: object) -> str:
        """The absolute address of a post, or of something below it."""
        path = "/".join(map(str, (post_id, *parts)))
        return f"{self.cms.settings.public_url}/api/v1/admin/posts/{path}"

    async def post(self, session: AsyncSession, id: UUID, by: Principal) -> Post:
        """A post that the principal may see. Raises `PostNotFound`."""
        return admit(await session.get(Post, id), by)

    async def working_copy(self, session: AsyncSession, id: UUID, by: Principal) -> WorkingCopy:
        """The working copy of a post that the principal may see. Raises `PostNotFound`."""
        copy = await find_working_copy(session, id)
        if copy is None:
            raise PostNotFound
        admit(copy.post, by)
        return copy

    async def answer(self, session: AsyncSession, copy: WorkingCopy) -> Response:
        """Answer with a working copy under its version."""
        shown = await self.presenter.working_post(session, copy)
        return answer(shown, version=copy.post.version)

    async def answer_created(self, session: AsyncSession, copy: WorkingCopy) -> Response:
        """The same for one that was just created."""
        shown = await self.presenter.working_post(session, copy, is_new=True)
        location = self.address(copy.post.id)
        return answer(shown, version=copy.post.version, status=201, location=location)

    async def answer_post(self, session: AsyncSession, post: Post) -> Response:
        """Answer with the working copy of a post whose state has changed."""
        return await self.answer(session, WorkingCopy(post, await head_of(session, post)))

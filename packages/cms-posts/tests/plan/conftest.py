from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from cms_core import CMS, Principal, Subscriber, Transaction, before_commit, hookimpl
from cms_posts import (
    PlannedMoment,
    PostContent,
    PostPublished,
    PostTransition,
    TransitionAction,
    apply_due,
    cancel_transition,
    create_post,
    plan_transition,
)
from cms_posts.models import Post, PublishedPost


class Refused(Exception):
    """The post is refused."""


class Gatekeeper:
    """A plugin that lets nobody publish a post whose slug says so."""

    @staticmethod
    @hookimpl
    def register_subscribers() -> Sequence[Subscriber]:
        async def refuse(session: Transaction, event: PostPublished) -> None:
            if "poison" in event.slug:
                raise Refused

        return [before_commit(PostPublished, refuse)]


@pytest.fixture
def cms_plugins() -> list[object]:
    return ["posts", Gatekeeper]


class Desk:
    """Writes posts, plans for them, and lets time pass by dating plans back."""

    def __init__(self, cms: CMS, by: Principal) -> None:
        self.cms = cms
        self.by = by

    async def draft(self, title: str = "A title", **content: Any) -> UUID:
        """The id of a new draft."""

        async def create(session: Transaction) -> UUID:
            made = PostContent(title=title, language="en", **content)
            copy = await create_post(session, made, by=self.by, now=await session.now())
            return copy.post.id

        return await self.cms.db.run(create)

    async def plan(
        self,
        post_id: UUID,
        action: str = "publish",
        *,
        seconds: float = 60,
        revision: int | None = None,
    ) -> UUID:
        """The id of a transition planned so many seconds from now."""

        async def plan(session: Transaction) -> UUID:
            at = await session.now() + timedelta(seconds=seconds)
            transition = await plan_transition(
                session,
                post_id,
                TransitionAction(action),
                PlannedMoment(at),
                by=self.by,
                revision=revision,
            )
            return transition.id

        return await self.cms.db.run(plan)

    async def cancel(self, post_id: UUID, transition_id: UUID) -> None:
        """Cancel a transition."""
        await self.cms.db.run(
            lambda session: cancel_transition(session, post_id, transition_id, by=self.by)
        )

    async def pass_time(self, seconds: float = 600) -> None:
        """Date every plan, and every pause, back by so many seconds."""

        async def date_back(session: Transaction) -> None:
            back = timedelta(seconds=seconds)
            for row in (await session.scalars(select(PostTransition))).all():
                if row.try_at is not None:
                    row.due_at, row.try_at = row.due_at - back, row.try_at - back

        await self.cms.db.run(date_back)

    async def end_pause(self, transition_id: UUID) -> None:
        """Let a failing transition be due again, without moving its instant."""

        async def end(session: Transaction) -> None:
            of_it = update(PostTransition).where(PostTransition.id == transition_id)
            await session.execute(of_it.values(try_at=PostTransition.due_at))

        await self.cms.db.run(end)

    async def apply(self, limit: int = 50, *, waiting: bool = False) -> int:
        """Apply one batch, as the worker does."""
        return await self.cms.db.run(
            lambda session: apply_due(session, limit=limit, waiting=waiting)
        )

    async def transition(self, id: UUID) -> PostTransition:
        """A transition as it is now."""
        async with self.cms.db.snapshot() as session:
            return await session.get_one(PostTransition, id)

    async def post(self, id: UUID) -> Post:
        """A post as it is now."""
        async with self.cms.db.snapshot() as session:
            return await session.get_one(Post, id)

    async def live(self) -> dict[UUID, PublishedPost]:
        """What readers see."""
        async with self.cms.db.snapshot() as session:
            return {row.post_id: row for row in await session.scalars(select(PublishedPost))}


@pytest.fixture
def desk(cms_app: CMS, cms_principal: Callable[..., Principal]) -> Desk:
    return Desk(cms_app, cms_principal("editor"))


Run = Callable[[Callable[[Transaction], Awaitable[Any]]], Awaitable[Any]]


@pytest.fixture
def run(cms_app: CMS) -> Run:
    """``await run(lambda session: …)``: the result of a transaction that was committed."""
    return cms_app.db.run

"""The plan of a post, and the calendar of all posts."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Response
from sqlalchemy.ext.asyncio import AsyncSession

from cms_core import (
    CMS,
    AdminRouter,
    IfMatch,
    InstantInput,
    Listing,
    Page,
    Principal,
    Snapshot,
    Transaction,
    answer,
    listing,
    requires,
)
from cms_posts import (
    TRANSITION_SORTS,
    AlreadyCancelled,
    PlannedMoment,
    TransitionState,
    cancel_transition,
    move_transition,
    plan_transition,
    retry_transition,
    sees_all,
    transitions,
    visible_post,
)
from cms_scheduler.presentation import OPEN, Presenter, find_row
from cms_scheduler.schemas import (
    ListedTransition,
    Moment,
    NewTransition,
    Transition,
    TransitionPatch,
    WallTime,
)
from cms_scheduler.zones import RULES, resolve

Writer = Annotated[Principal, requires("posts:write")]
Publisher = Annotated[Principal, requires("posts:publish")]
PlanListing = Annotated[Listing, Depends(listing(ListedTransition, TRANSITION_SORTS, "at"))]


async def _states(
    state: Annotated[
        list[TransitionState] | None,
        Query(
            max_length=len(TransitionState),
            description="May be repeated; without: `planned` and `failed`.",
        ),
    ] = None,
) -> Sequence[TransitionState]:
    return state or OPEN


States = Annotated[Sequence[TransitionState], Depends(_states)]


def calendar_router(cms: CMS) -> AdminRouter:
    """Return the router of the calendar."""
    router = AdminRouter("/schedule")
    presenter = Presenter(cms)

    @router.get("", response_model=Page[ListedTransition])
    async def list_transitions(
        session: Snapshot,
        page: PlanListing,
        by: Writer,
        states: States,
        since: Annotated[
            InstantInput | None, Query(alias="from", description="At this instant or later.")
        ] = None,
        until: Annotated[
            InstantInput | None, Query(alias="to", description="Before this instant.")
        ] = None,
    ) -> Response:
        """List what is planned: for one's own posts, or everybody's with `posts:write-any`."""
        own = None if sees_all(by) else by.id
        statement = transitions(of=own, states=states, since=since, until=until)
        found = await page.rows(session, statement)
        rows = [row._mapping for row in found.rows]
        return page.answer(await presenter.listed(session, rows, page.wants), found)

    return router


def plan_router(cms: CMS) -> AdminRouter:
    """Return the router of the plan of one post."""
    router = AdminRouter("/posts/{id}/schedule")
    presenter = Presenter(cms)
    _add_planning(router, presenter, cms.settings.public_url)
    _add_reading(router, presenter)
    _add_changes(router, presenter)
    return router


def _add_planning(router: AdminRouter, presenter: Presenter, public_url: str) -> None:
    @router.post("", status_code=201, response_model=Transition)
    async def plan(
        session: Transaction, id: UUID, body: NewTransition, by: Publisher, if_match: IfMatch
    ) -> Response:
        """Plan to publish a revision of the post, or to take it down; `If-Match` is the post's."""
        moment = _planned(body.at)
        planned = await plan_transition(
            session, id, body.action, moment, by=by, revision=body.revision, precondition=if_match
        )
        location = f"{public_url}{router.prefix.format(id=id)}/{planned.id}"
        return await _answer(session, presenter, id, planned.id, status=201, location=location)


def _add_reading(router: AdminRouter, presenter: Presenter) -> None:
    @router.get("", response_model=Page[ListedTransition])
    async def list_plan(
        session: Snapshot, id: UUID, page: PlanListing, by: Writer, states: States
    ) -> Response:
        """List what is planned for a post."""
        await visible_post(session, id, by)
        found = await page.rows(session, transitions(post_id=id, states=states))
        rows = [row._mapping for row in found.rows]
        return page.answer(await presenter.listed(session, rows, page.wants), found)

    @router.get("/{transition_id}", response_model=Transition)
    async def read(session: Snapshot, id: UUID, transition_id: UUID, by: Writer) -> Response:
        """Read a planned transition, or what has become of it."""
        await visible_post(session, id, by)
        return await _answer(session, presenter, id, transition_id)


def _add_changes(router: AdminRouter, presenter: Presenter) -> None:
    @router.patch("/{transition_id}", response_model=Transition)
    async def move(
        session: Transaction,
        id: UUID,
        transition_id: UUID,
        body: TransitionPatch,
        by: Publisher,
        if_match: IfMatch,
    ) -> Response:
        """Move a planned transition, or pin another revision; `already-applied` (409) is too late.

        One that has failed is planned again by moving it.
        """
        moment = None if body.at is None else _planned(body.at)
        await move_transition(
            session,
            id,
            transition_id,
            by=by,
            moment=moment,
            revision=body.revision,
            precondition=if_match,
        )
        return await _answer(session, presenter, id, transition_id)

    @router.delete("/{transition_id}", status_code=204)
    async def cancel(
        session: Transaction, id: UUID, transition_id: UUID, by: Publisher, if_match: IfMatch
    ) -> Response:
        """Cancel a planned transition: 204 means that it will not happen, 409 that it has.

        Cancelling it again is 204 too: whoever missed the first answer may ask again.
        """
        # Then what was asked for is so; a 409 would look as if it were too late.
        with suppress(AlreadyCancelled):
            await cancel_transition(session, id, transition_id, by=by, precondition=if_match)
        return Response(status_code=204)

    @router.post("/{transition_id}/retry", response_model=Transition)
    async def retry(
        session: Transaction, id: UUID, transition_id: UUID, by: Publisher, if_match: IfMatch
    ) -> Response:
        """Try a transition that has failed again, at once."""
        await retry_transition(session, id, transition_id, by=by, precondition=if_match)
        return await _answer(session, presenter, id, transition_id)


async def _answer(
    session: AsyncSession,
    presenter: Presenter,
    post_id: UUID,
    id: UUID,
    *,
    status: int = 200,
    location: str | None = None,
) -> Response:
    row = await find_row(session, post_id, id)
    shown = await presenter.transition(session, row)
    return answer(shown, version=row["version"], status=status, location=location)


def _planned(at: Moment) -> PlannedMoment:
    if isinstance(at, WallTime):
        return PlannedMoment(resolve(at.local, at.time_zone), at.local, at.time_zone, RULES)
    return PlannedMoment(at)

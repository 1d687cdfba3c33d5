"""Planned transitions as authors see them: with their posts and who planned them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncSession

from cms_core import CMS, Resolved
from cms_posts import PostTransition, TransitionNotFound, TransitionState, transitions
from cms_scheduler.schemas import ListedTransition, Transition

_PRINCIPAL = "principal"
_AS_STORED = (
    *("id", "action", "revision", "local", "time_zone", "state", "attempts", "last_error"),
    *("created_at", "applied_at", "cancelled_at"),
)
#: What a list shows unless it is told otherwise: what is to come, and what needs attention.
OPEN = (TransitionState.PLANNED, TransitionState.FAILED)


class Presenter:
    """Shows rows of the plan; who planned them is looked up once for all."""

    def __init__(self, cms: CMS) -> None:
        self._cms = cms

    async def transition(self, session: AsyncSession, row: RowMapping) -> Transition:
        """One planned transition."""
        people = await self._people(session, [row])
        return Transition(**_shown(row, people))

    async def listed(
        self,
        session: AsyncSession,
        rows: Sequence[RowMapping],
        wants: Callable[[str], bool] = lambda _: True,
    ) -> list[ListedTransition]:
        """Planned transitions in a list; who planned them only where that is wanted."""
        people = await self._people(session, rows if wants("created_by") else [])
        return [ListedTransition(**_shown(row, people)) for row in rows]

    async def _people(
        self, session: AsyncSession, rows: Sequence[RowMapping]
    ) -> Mapping[UUID, Resolved]:
        ids = [row["created_by"] for row in rows]
        return await self._cms.references.resolve(session, _PRINCIPAL, ids)


async def find_row(session: AsyncSession, post_id: UUID, id: UUID) -> RowMapping:
    """A transition of the post, as the lists select it. Raises `TransitionNotFound`."""
    only = transitions(post_id=post_id).where(PostTransition.id == id)
    row: RowMapping | None = (await session.execute(only)).mappings().one_or_none()
    if row is None:
        raise TransitionNotFound
    return row


def _shown(row: RowMapping, people: Mapping[UUID, Resolved]) -> dict[str, Any]:
    planner = people.get(row["created_by"])
    delayed = row["try_at"] != row["due_at"]
    return {name: row[name] for name in _AS_STORED} | {
        "post": {"id": row["post_id"], "title": row["title"], "slug": row["slug"]},
        "at": row["due_at"],
        "retry_at": row["try_at"] if delayed else None,
        "created_by": {
            "id": row["created_by"],
            "name": None if planner is None else planner.public.get("name"),
        },
    }

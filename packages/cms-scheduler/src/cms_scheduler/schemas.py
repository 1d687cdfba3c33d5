"""Request and response bodies of the plan and the calendar."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag

from cms_core import InstantInput, Sparse
from cms_posts import TransitionAction, TransitionState

RevisionNumber = Annotated[int, Field(ge=1, le=2**31 - 1, strict=True)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class WallTime(_Body):
    """What the clocks of a zone show; the instant moves with the rules of the zone."""

    local: str = Field(
        max_length=30,
        description="Without an offset. Of two instants that clocks show alike, the first counts.",
        examples=["2027-03-28T09:30"],
    )
    time_zone: str = Field(
        max_length=100, description="IANA name.", examples=["Europe/Paris", "UTC"]
    )


def _kind(value: Any) -> str:
    return "wall time" if isinstance(value, (dict, WallTime)) else "instant"


#: When something is to happen: an instant, or a wall time with its zone.
Moment = Annotated[
    Annotated[InstantInput, Tag("instant")] | Annotated[WallTime, Tag("wall time")],
    Discriminator(_kind),
]


class NewTransition(_Body):
    """What is to happen to the post, and when."""

    action: TransitionAction
    at: Moment
    revision: RevisionNumber | None = Field(
        None, description="The revision to publish; null: the working copy's, as it is now."
    )


class TransitionPatch(_Body):
    """What to change of the plan; what is left out or null stays."""

    at: Moment | None = None
    revision: RevisionNumber | None = None


class PlannedPost(BaseModel):
    """The post, by its working copy."""

    id: UUID
    title: str
    slug: str


class Planner(BaseModel):
    """A principal by its public name; null where nobody knows the account any more."""

    id: UUID
    name: str | None


class Transition(BaseModel):
    """A planned change of what readers see of a post, and what has become of it."""

    id: UUID
    post: PlannedPost
    action: TransitionAction
    revision: int | None = Field(description="The pinned revision; null where it is taken down.")
    at: datetime
    local: str | None = Field(description="The wall time that `at` follows; null for an instant.")
    time_zone: str | None
    state: TransitionState = Field(description="`failed`: given up until somebody retries it.")
    attempts: int = Field(description="How often it has failed since it was planned.")
    last_error: str | None
    retry_at: datetime | None = Field(
        description="When it is tried next, where that is not `at`: it, or one before it, failed."
    )
    created_by: Planner
    created_at: datetime
    applied_at: datetime | None
    cancelled_at: datetime | None


class ListedTransition(Transition, Sparse):
    """A planned transition in a list."""

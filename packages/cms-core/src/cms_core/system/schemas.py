"""What the routes of the system answer with."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from cms_core.http.fields import Sparse
from cms_core.outbox import DeliveryState
from cms_core.system.figures import Outcome


class Shown(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class ShownPlugin(Shown):
    name: str
    distribution: str
    version: str
    requires: list[str]
    tables: list[str]
    routes: int = Field(description="Number of routes that it answers.")


class ShownFault(Shown):
    code: str
    plugin: str
    message: str
    remedy: str


class Plugins(BaseModel):
    """The plugins in dependency order, and what was found wrong with others."""

    items: list[ShownPlugin]
    faults: list[ShownFault]


class ShownRun(Shown):
    worker_id: UUID
    started_at: datetime
    ended_at: datetime | None
    error: str | None
    outcome: Outcome = Field(description="`abandoned`: its worker died, or had to stop.")


class ShownJob(Shown):
    key: str
    every_seconds: float = Field(description="It runs at least so often.")
    due_at: datetime | None = Field(description="When it says itself that there is work to do.")
    lag_seconds: float = Field(description="How long that is past; 0 when it is not.")
    waiting: int | None = Field(description="How much is due; null where it does not count.")
    parked: int | None = Field(description="Given up after too many failures, until retried.")
    fault: str | None = Field(description="Why it can't tell; it does not run until it can.")
    started_at: datetime | None = None
    succeeded_at: datetime | None = None
    failed_at: datetime | None = None
    failures: int = Field(0, description="Since the last success.")
    last_error: str | None = None
    history: list[ShownRun] = Field(description="The last runs, the latest first.")


class ShownWorker(Shown):
    id: UUID
    host: str
    pid: int
    started_at: datetime
    seen_at: datetime
    alive: bool


class ShownQueue(Shown):
    subscriber: str
    registered: bool = Field(description="False: no plugin has it now, and its deliveries wait.")
    waiting: int
    parked: int = Field(description="Given up after too many failures, until replayed.")
    oldest_created_at: datetime


class Jobs(BaseModel):
    """Jobs by key, workers by age, and the queues of the outbox."""

    publish_lag_seconds: float = Field(
        description="How long what readers should see is overdue; readers who come make up for it."
    )
    items: list[ShownJob]
    workers: list[ShownWorker]
    outbox: list[ShownQueue]


class ShownDelivery(Shown, Sparse):
    """An event on its way to one subscriber."""

    id: int
    event: str
    event_id: UUID = Field(description="The same for every subscriber, and at every attempt.")
    aggregate: str
    subscriber: str
    state: DeliveryState
    attempts: int
    due_at: datetime | None = Field(description="Null: parked, or behind one that is.")
    last_error: str | None
    created_at: datetime


class DeliveryDetails(ShownDelivery):
    """A delivery with what it tells."""

    payload: dict[str, Any]

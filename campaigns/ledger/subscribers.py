"""What the ledger writes down, and the receivers that are told from the outbox."""

from __future__ import annotations

import asyncio
import json
import os
import random
from dataclasses import dataclass
from uuid import UUID

from campaigns.ledger.events import ThingHappened
from cms_core import CMS, Delivery, Transaction
from cms_posts import PostPublished

#: Where receivers write what they got, in the data folder.
RECEIVED = "received.jsonl"


@dataclass(frozen=True, slots=True)
class Note:
    """That a receiver was told of an event, or was done with it."""

    receiver: str
    what: str
    token: UUID
    event_id: UUID


class Vetoed(Exception):
    """The ledger refused the change."""


async def announce_publication(cms: CMS, event: PostPublished, delivery: Delivery) -> None:
    """Do nothing: its row in the outbox is what counts, and nobody takes it from there."""


async def veto(session: Transaction, event: ThingHappened) -> None:
    if event.vetoed:
        raise Vetoed


class Receiver:
    """Somebody outside who is told of events, fails and hangs now and then."""

    def __init__(self, name: str, *, failing: float, hanging: float) -> None:
        self.key = f"ledger:{name}"
        self._failing = failing
        self._hanging = hanging

    async def __call__(self, cms: CMS, event: ThingHappened, delivery: Delivery) -> None:
        self._note(cms, event, delivery, "told")
        mood = random.random()
        if mood < self._failing:
            raise ConnectionError("no answer")
        if mood < self._failing + self._hanging:
            await asyncio.sleep(60)
        await asyncio.sleep(random.uniform(0, 0.01))
        self._note(cms, event, delivery, "done")

    def _note(self, cms: CMS, event: ThingHappened, delivery: Delivery, what: str) -> None:
        # Appended by one call: whole whatever dies, and in one order for all processes.
        line = [self.key, what, str(event.token), str(delivery.event_id)]
        descriptor = os.open(
            cms.settings.data / RECEIVED, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600
        )
        try:
            os.write(descriptor, f"{json.dumps(line)}\n".encode())
        finally:
            os.close(descriptor)


RECEIVERS = (
    Receiver("steady", failing=0, hanging=0),
    Receiver("failing", failing=0.15, hanging=0),
    Receiver("hanging", failing=0.02, hanging=0.03),
)


def read_notes(cms: CMS) -> list[Note]:
    """Return what the receivers noted, in its order."""
    path = cms.settings.data / RECEIVED
    lines = path.read_text().splitlines() if path.exists() else []
    return [
        Note(receiver, what, UUID(token), UUID(event_id))
        for receiver, what, token, event_id in map(json.loads, lines)
    ]

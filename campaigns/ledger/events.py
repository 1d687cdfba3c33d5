"""What happens to things."""

from dataclasses import dataclass
from uuid import UUID

from cms_core import Event


@dataclass(frozen=True)
class ThingHappened(Event):
    """The `number`-th change of a thing; no two of them, undone ones included, share a token."""

    thing: int
    number: int
    token: UUID
    #: Whether the ledger shall veto the commit.
    vetoed: bool = False

    @property
    def aggregate(self) -> str:
        return f"post:{self.thing}"

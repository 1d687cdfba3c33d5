"""References bridge sibling packages: an id of some kind, and who can tell what it stands for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from cms_core.db.session import TransactionSession, recall, remember
from cms_core.events import Event


@dataclass(frozen=True, slots=True)
class Resolved:
    """What may be shown of a reference, and the cache scopes that this depends on.

    `guarded` makes, each time anew, what authors and holders of preview links see instead, where
    that is more than everybody may have: addresses that are signed and expire.
    """

    public: Mapping[str, Any]
    scopes: frozenset[str] = frozenset()
    guarded: Callable[[], Mapping[str, Any]] | None = None

    @property
    def for_authors(self) -> Mapping[str, Any]:
        """What authors and holders of preview links see."""
        return self.public if self.guarded is None else self.guarded()


@dataclass(frozen=True, slots=True)
class Resolver:
    """Turns ids of one kind into what anybody may see of them.

    `resolve(session, ids)` answers many ids in one call and leaves out the unknown ones. Whoever
    changes what it says of one touches the scopes `<kind>:<id>`, for single things that show it,
    and `<kind>:any`, for lists.
    `provide(session, name)` returns the id for a name, making a harmless record when there is
    none (an account that can't sign in): importers use it. None where that makes no sense.
    """

    kind: str
    resolve: Callable[[AsyncSession, frozenset[UUID]], Awaitable[Mapping[UUID, Resolved]]]
    provide: Callable[[TransactionSession, str], Awaitable[UUID]] | None = None


@dataclass(frozen=True)
class ReferencesChanged(Event):
    """A thing now refers to these ids of a kind (all of them, none left out)."""

    source: str
    kind: str
    ids: tuple[UUID, ...]
    published: bool

    @property
    def aggregate(self) -> str:
        return self.source


@dataclass(frozen=True)
class ReferencesEnded(Event):
    """A thing is gone for good, with all its history: nothing of it refers to anything."""

    source: str

    @property
    def aggregate(self) -> str:
        return self.source


class References:
    """All resolvers of a CMS by kind."""

    def __init__(self, resolvers: Iterable[Resolver] = ()) -> None:
        self._by_kind = {resolver.kind: resolver for resolver in resolvers}

    def knows(self, kind: str) -> bool:
        """Tell whether anybody can say which ids of this kind exist."""
        return kind in self._by_kind

    async def resolve(
        self, session: AsyncSession, kind: str, ids: Iterable[UUID | None]
    ) -> Mapping[UUID, Resolved]:
        """Return what may be shown of these ids; unknown kinds and ids are left out."""
        wanted = frozenset(id for id in ids if id is not None)
        resolver = self._by_kind.get(kind)
        if resolver is None or not wanted:
            return {}
        known: dict[UUID, Resolved] = recall(session, kind, wanted)
        missing = wanted - known.keys()
        if missing:
            for id, found in (await resolver.resolve(session, missing)).items():
                known[id] = found
                # One scope for all of a kind: a list shows many, and asks for few generations.
                remember(session, kind, {id: found}, f"{kind}:any", *found.scopes)
        return known

    async def provide(self, session: TransactionSession, kind: str, name: str) -> UUID | None:
        """Return the id of that kind for a name, made if need be; None where nobody can."""
        resolver = self._by_kind.get(kind)
        if resolver is None or resolver.provide is None:
            return None
        return await resolver.provide(session, name)

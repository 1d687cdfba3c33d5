"""The published answers of one process: found, confirmed, loaded once for all who wait."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING

from cms_core.batches import Then
from cms_core.cache.entry import Entry
from cms_core.cache.memory import Memory
from cms_core.cache.postgres import PostgresValidator
from cms_core.cache.redis import Shared
from cms_core.cache.sqlite import SqliteValidator
from cms_core.cache.validation import Validator
from cms_core.catchup import CatchUp, Reader
from cms_core.metrics import CACHE_ANSWERS, CACHE_BYTES
from cms_core.overdue import Look

if TYPE_CHECKING:
    from cms_core.app import CMS

#: Makes the answer under a key anew.
Load = Callable[[], Awaitable[Entry]]


class Outcome(Enum):
    """Where an answer came from; the value is what ``Cache-Status`` (RFC 9211) says of it."""

    HIT = b"cms; hit"
    #: Made for this request, or for another one that asked the same at the same time.
    STORED = b"cms; fwd=miss; stored"
    COLLAPSED = b"cms; fwd=miss; collapsed"
    #: Nobody may keep it.
    PASSED = b"cms; fwd=miss"


#: Counters by outcome: to look them up by their labels would cost more than to count.
ANSWERS = {outcome: CACHE_ANSWERS.labels(outcome.name.lower()) for outcome in Outcome}


@dataclass(frozen=True, slots=True)
class Found:
    """An answer, and where it came from."""

    entry: Entry
    outcome: Outcome


class _Flight:
    """An answer that is being made by one reader, and awaited by others."""

    def __init__(self, result: asyncio.Future[Found | None]) -> None:
        self._result = result

    async def arrival(self) -> Found | None:
        """Return what was made; None where the one who made it has left. Raises what it raised."""
        return await asyncio.shield(self._result)

    def end(self, found: Found | None) -> None:
        """Hand over what was made."""
        if not self._result.done():
            self._result.set_result(found)

    def fail(self, error: Exception) -> None:
        """Tell what went wrong."""
        if not self._result.done():
            self._result.set_exception(error)
            self._result.exception()  # told to whoever waits; nobody may


class Published:
    """Entries of both levels. Every entry that it hands out was current after it was asked for."""

    def __init__(self, memory: Memory, shared: Shared | None, validator: Validator, late: CatchUp):
        self.memory = memory
        self._shared = shared
        self._validator = validator
        self._late = late
        self._flights: dict[str, _Flight] = {}
        self._instance = ""

    def trusts(self, entry: Entry) -> bool:
        """Whether the entry is known to be current without asking anybody."""
        return self._validator.trusts(entry)

    def refresh(self) -> None:
        """Trust nothing that was learnt before this call for readers who came since."""
        self._validator.refresh()

    def ask(self, entries: Sequence[Entry], then: Then[Sequence[bool]]) -> None:
        """Let `then` know whether each entry is current, in a moment after this call.

        False too where that takes more than a question: something overdue has to happen first.
        """
        self._validator.ask(entries, partial(self._conclude, entries, then))

    async def confirms(self, entry: Entry) -> bool:
        """Whether the entry is current, in a moment after this call. Raises `Unavailable`."""
        return self._validator.trusts(entry) or self._holds(entry, await self._present(entry))

    def _conclude(
        self, entries: Sequence[Entry], then: Then[Sequence[bool]], look: Look | BaseException
    ) -> None:
        if isinstance(look, BaseException):
            then(look)
        else:
            then([not look.is_overdue and self._holds(entry, look) for entry in entries])

    def _holds(self, entry: Entry, look: Look) -> bool:
        """Whether the entry is current in that moment."""
        current = entry.instance == look.instance and (
            (entry.mark == look.mark and look.mark != "") or entry.agrees(look.gens)
        )
        if current:
            entry.mark, entry.confirmed_at = look.mark, look.sent_at
        return current

    async def obtain(self, key: str, load: Load) -> Found:
        """Return the answer under a key, made by `load` if it has to be.

        Who comes while it is being made waits, and takes it if it is still current then; only
        what began after they came they take unseen. Raises what `load` raises, and `Unavailable`.
        """
        if (kept := await self._kept(key)) is not None:
            return Found(kept, Outcome.HIT)
        earlier = self._flights.get(key)
        if earlier is not None:
            found = await earlier.arrival()
            if found and found.entry.gens:
                if await self.confirms(found.entry):
                    return Found(found.entry, Outcome.COLLAPSED)
                if (kept := await self._kept(key, refused=found.entry)) is not None:
                    return Found(kept, Outcome.HIT)
        while (flight := self._flights.get(key)) is not None and flight is not earlier:
            if found := await flight.arrival():
                return Found(found.entry, Outcome.COLLAPSED)
            earlier = flight
        return await self._lead(key, load)

    async def _kept(self, key: str, refused: Entry | None = None) -> Entry | None:
        """Return this process's entry of a key if it is current; `refused` is known not to be.

        While one is asked about, somebody else may have stored the next: whoever asked about the
        old one would make it a second time.
        """
        while (kept := self.memory.get(key)) is not None and kept is not refused:
            if await self.confirms(kept):
                return kept
            refused = kept
        return None

    def keep(self, entry: Entry) -> None:
        """Store an entry in both levels."""
        self.keep_here(entry)
        if self._shared is not None:
            self._shared.put(entry)

    def keep_here(self, entry: Entry) -> None:
        """Store an entry in this process."""
        self.memory.put(entry)
        CACHE_BYTES.set(self.memory.used)

    def recount(self, entry: Entry) -> None:
        """Take notice of an entry that has another form now, if it is still kept."""
        self.memory.recount(entry)
        CACHE_BYTES.set(self.memory.used)

    def forget(self, scopes: Collection[str]) -> None:
        """Note that these scopes have changed: a hint, which saves memory in Redis."""
        if self._shared is not None and self._instance:
            self._shared.forget(scopes, self._instance)

    async def close(self) -> None:
        """Close connections."""
        if self._shared is not None:
            await self._shared.close()
        await self._validator.close()

    async def _present(self, entry: Entry) -> Look:
        """A moment in which everything due has happened, as far as that can be."""
        look = await self._validator.look(entry)
        if look.is_overdue:
            reader = Reader()
            while await self._late.settles(reader, look):
                look = await self._validator.look(entry)
        self._notice(look.instance)
        return look

    def _notice(self, instance: str) -> None:
        """Forget everything when the database has become another one: it was restored."""
        if instance != self._instance:
            if self._instance:
                self.memory.clear()
            self._instance = instance

    async def _lead(self, key: str, load: Load) -> Found:
        """Make the answer, for all who wait for it; if this reader leaves, the others go on."""
        flight = self._flights[key] = _Flight(asyncio.get_running_loop().create_future())
        try:
            found = await self._fly(key, load)
        except asyncio.CancelledError:
            flight.end(None)
            raise
        except Exception as error:
            flight.fail(error)
            raise
        else:
            flight.end(found)
            return found
        finally:
            if self._flights.get(key) is flight:
                del self._flights[key]

    async def _fly(self, key: str, load: Load) -> Found:
        if self._shared is not None:
            shared = await self._from_shared(key)
            if shared is not None:
                return Found(shared, Outcome.HIT)
        entry = await load()
        if not entry.gens:
            return Found(entry, Outcome.PASSED)
        self.keep(entry)
        return Found(entry, Outcome.STORED)

    async def _from_shared(self, key: str) -> Entry | None:
        assert self._shared is not None
        if not self._instance:
            await self._present(Entry(key, 0, (), b""))
        entry = await self._shared.get(key, self._instance)
        if entry is None or not await self.confirms(entry):
            return None
        self.keep_here(entry)
        return entry


def published_of(cms: CMS) -> Published:
    """Return the cache that the settings of a CMS describe; opens nothing."""
    settings = cms.settings
    validator: Validator
    if cms.db.dialect == "sqlite":
        validator = SqliteValidator(cms.db, cms.catch_up.lookout)
    else:
        bound = settings.cache_bounded_ms / 1000
        validator = PostgresValidator(cms.db, cms.catch_up.lookout, bound)
    shared = None
    if cms.redis is not None and settings.cache_bytes:
        secret = cms.signer("cache").key
        shared = Shared(cms.redis, _space(cms), secret)
    return Published(Memory(settings.cache_bytes), shared, validator, cms.catch_up)


def _space(cms: CMS) -> str:
    """What answers are made by, in short: other plugins or settings may answer otherwise."""
    made_by = [
        [(plugin.name, plugin.version) for plugin in cms.contributions.plugins],
        [(name, each.model_dump(mode="json")) for name, each in cms.contributions.settings.items()],
        cms.settings.public_url,
        cms.settings.cdn_max_age,
    ]
    text = json.dumps(made_by, sort_keys=True).encode()
    return hashlib.blake2b(text, key=cms.signer("cache").key, digest_size=8).hexdigest()

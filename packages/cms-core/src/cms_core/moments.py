"""Reading in one moment of the database, without a transaction wherever that can be shown.

While PostgreSQL names the same snapshot, no transaction has ended. So if a look after a reader's
last statement finds the snapshot that was there before its first one, all of them saw that moment,
as if they had been run in one transaction. If not, or where a reader needs more than lean reads,
it reads again, in the end in a transaction. One look serves all readers who ask before it is sent.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Generic, TypeVar

from cms_core.batches import Batches
from cms_core.db.database import Database
from cms_core.db.loose import LooseSession
from cms_core.db.parts import Parts, PartsInUse
from cms_core.db.session import SnapshotSession
from cms_core.errors import Unavailable
from cms_core.overdue import Look, Lookout

T = TypeVar("T")
Work = Callable[[SnapshotSession], Awaitable[T]]

#: How often it is tried without a transaction. The second time begins just after a look.
TRIES = 2
#: Seconds for which nothing else is tried when changes come too fast for that.
UNREST = 0.1


@dataclass(frozen=True, slots=True)
class View(Generic[T]):
    """What was read, from which scopes, and the moment; or what keeps the moment from being told.

    It is `whole` if everything in it is of that moment, what was remembered too.
    """

    result: T
    scopes: tuple[str, ...]
    look: Look | Exception
    whole: bool


class Moments:
    """Lets readers read in one moment, with the parts of answers that the process keeps."""

    def __init__(self, db: Database, lookout: Lookout) -> None:
        self._db = db
        self._lookout = lookout
        self._parts = Parts()
        self._looks: Batches[Collection[str], Look] = Batches(self._look)
        #: The last moment that is known, and the era of the connections that knew it.
        self._known: tuple[Look, int] | None = None
        self._unrest_until = 0.0

    async def view(self, work: Work[T]) -> View[T]:
        """Do `work` in one moment. It may be done several times. Raises what it raises."""
        if monotonic() >= self._unrest_until and (view := await self._tried(work)) is not None:
            return view
        return await self._in_snapshot(work)

    async def close(self) -> None:
        """Give up the look that is under way."""
        await self._looks.close()

    async def _tried(self, work: Work[T]) -> View[T] | None:
        """Read without a transaction; None where that can't be, or not now."""
        for _ in range(TRIES):
            known = self._known
            if known is None or known[1] != self._db.era:
                return None
            try:
                view = await self._loosely(work, known[0])
            except Unavailable:
                raise
            except Exception:
                # Who sees two moments may fail in any way. What fails for another reason, or needs
                # more than lean reads, does so every time.
                return None
            if view is not None:
                return view
        self._unrest_until = monotonic() + UNREST
        return None

    async def _loosely(self, work: Work[T], known: Look) -> View[T] | None:
        """Read in that moment, if it lasts until the end; else None."""
        parts, era = self._parts.use(), self._db.era
        session = LooseSession(self._db.ask)
        session.use(parts)
        result = await work(session)
        look = await self._looks.join({*session.scopes, *parts.scopes})
        self._note(look, era)
        if (look.mark, look.instance, self._db.era) != (known.mark, known.instance, era):
            return None
        return self._viewed(result, session, look, parts)

    async def _in_snapshot(self, work: Work[T]) -> View[T]:
        # The moment is asked for last: in one snapshot the order makes no difference.
        parts, era = self._parts.use(), self._db.era
        async with self._db.snapshot() as session:
            session.use(parts)
            result = await work(session)
            look = await self._lookout.look(session, {*session.scopes, *parts.scopes})
        if isinstance(look, Look):
            self._note(look, era)
            return self._viewed(result, session, look, parts)
        return View(result, (), look, whole=False)

    def _viewed(
        self, result: T, session: SnapshotSession, look: Look, parts: PartsInUse
    ) -> View[T]:
        whole = parts.settle(look.gens, look.instance)
        return View(result, tuple(session.scopes), look, whole)

    def _note(self, look: Look, era: int) -> None:
        if look.mark:
            self._known = look, era

    async def _look(self, asked: Sequence[Collection[str]]) -> Look:
        question = self._lookout.question
        scopes = {scope for each in asked for scope in each}
        [row] = await self._db.ask(question.read, scopes=list(scopes))
        return question.look_of(row)

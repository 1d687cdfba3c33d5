"""Brings posts in, some at a time, each batch in one transaction."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from cms_core import CMS, CMSError, Unavailable
from cms_posts.errors import SlugTaken
from cms_posts.models import Post
from cms_posts.references import PRINCIPAL
from cms_posts.service.storing import WholePost, store_posts
from cms_posts.transfer.report import Note, Outcome, Report

#: Who did it where nobody is signed in, and the author where nobody is known by the name.
SYSTEM = UUID(int=0)


class People:
    """Finds the accounts of authors, or has them made: such an account can't sign in."""

    def __init__(self, cms: CMS) -> None:
        self._cms = cms
        self._by_name: dict[str, UUID] = {}
        self._by_id: dict[UUID, UUID] = {}

    async def named(self, name: str) -> UUID:
        """The account of that name; `SYSTEM` where there is no name or nobody who has accounts."""
        if name and name not in self._by_name:
            provide = self._cms.references.provide
            found = await self._cms.db.run(lambda session: provide(session, PRINCIPAL, name))
            self._by_name[name] = found or SYSTEM
        return self._by_name.get(name, SYSTEM)

    async def known(self, id: UUID, name: str | None) -> UUID:
        """The account of that id, else of that name, else the id as it is."""
        if id not in self._by_id:
            async with self._cms.db.snapshot() as session:
                here = await self._cms.references.resolve(session, PRINCIPAL, [id])
            found = SYSTEM if id in here or not name else await self.named(name)
            self._by_id[id] = id if found == SYSTEM else found
        return self._by_id[id]


@dataclass(frozen=True, slots=True)
class Item:
    """A post of the file; `make` may fail with a `CMSError`."""

    place: str
    title: str
    make: Callable[[People], Awaitable[WholePost]]
    #: Of a post that counts as there already, whatever its state. None: a post of the same id must
    #: be in exactly the same state, or it is in conflict.
    id: UUID | None = None
    notes: tuple[str, ...] = ()
    #: What was changed, and how often.
    changes: Mapping[str, int] = field(default_factory=dict)


class Importer:
    """Imports items into a CMS and reports on them."""

    def __init__(self, cms: CMS, report: Report, *, batch: int = 50) -> None:
        self.report = report
        self._cms = cms
        self._people = People(cms)
        self._batch = batch

    async def run(self, items: Iterable[Item], progress: Callable[[], None]) -> None:
        """Import all items; what fails is reported and left out.

        `progress` is called after each batch. What `items` raises is raised again once the items
        before it are stored. Raises `Unavailable` when the database is.
        """
        source = iter(items)
        ended = False
        while not ended:
            batch, fault = _take(source, self._batch)
            ended = len(batch) < self._batch
            new = await self._new(batch)
            await self._store([made for item in new if (made := await self._make(item))])
            progress()
            if fault is not None:
                raise fault

    async def _new(self, items: Sequence[Item]) -> list[Item]:
        """Leave out what is there already, before it is rendered for nothing."""
        there = await self._states([item.id for item in items if item.id is not None])
        for item in items:
            if item.id in there:
                self._tell(item, Outcome.ALREADY_THERE)
        return [item for item in items if item.id not in there]

    async def _make(self, item: Item) -> tuple[Item, WholePost] | None:
        try:
            return item, await item.make(self._people)
        except Unavailable:
            raise
        except CMSError as error:
            self._tell(item, Outcome.FAILED, str(error))
            return None

    async def _store(self, made: Sequence[tuple[Item, WholePost]]) -> None:
        posts = [post for _, post in made]
        try:
            slugs = await self._cms.db.run(lambda session: store_posts(session, posts, by=SYSTEM))
        except Unavailable:
            raise
        except (CMSError, DBAPIError, UnicodeError) as error:
            await self._store_singly(made, error)
        else:
            await self._tell_stored(made, slugs)

    async def _store_singly(self, made: Sequence[tuple[Item, WholePost]], error: Exception) -> None:
        """One of them spoils the batch: find out which, and store the others."""
        if len(made) > 1:
            for each in made:
                await self._store([each])
            return
        ((item, _),) = made
        conflict = isinstance(error, SlugTaken)
        reason = str(error) if isinstance(error, CMSError) else "The database refuses its content."
        self._tell(item, Outcome.CONFLICT if conflict else Outcome.FAILED, reason)

    async def _tell_stored(
        self, made: Sequence[tuple[Item, WholePost]], slugs: Mapping[UUID, str]
    ) -> None:
        there = await self._states([post.id for _, post in made if post.id not in slugs])
        for item, post in made:
            if post.id in slugs:
                self._tell(item, Outcome.IMPORTED)
                self.report.live += post.shown is not None
                self._tell_given_slug(item, post, slugs[post.id])
            elif item.id is None and there[post.id] != (post.version, post.updated_at):
                reason = "A post of this id is there already, in another state."
                self._tell(item, Outcome.CONFLICT, reason)
            else:
                self._tell(item, Outcome.ALREADY_THERE)

    async def _states(self, ids: Sequence[UUID]) -> Mapping[UUID, tuple[int, datetime]]:
        if not ids:
            return {}
        statement = select(Post.id, Post.version, Post.updated_at).where(Post.id.in_(ids))
        async with self._cms.db.snapshot() as session:
            rows = await session.execute(statement)
            return {row.id: (row.version, row.updated_at) for row in rows}

    def _tell_given_slug(self, item: Item, post: WholePost, slug: str) -> None:
        if slug != post.head.slug:
            message = f"The slug {post.head.slug!r} was taken; the post is {slug!r}."
            self.report.notes.append(Note(item.place, item.title, message))

    def _tell(self, item: Item, outcome: Outcome, reason: str | None = None) -> None:
        self.report.outcomes[outcome] += 1
        said = [*([reason] if reason else []), *(item.notes if outcome is Outcome.IMPORTED else [])]
        self.report.notes += [Note(item.place, item.title, each) for each in said]
        if outcome is Outcome.IMPORTED:
            self.report.changes.update(item.changes)


def _take(source: Iterator[Item], size: int) -> tuple[list[Item], Exception | None]:
    """The next items, and the fault that ended them."""
    taken: list[Item] = []
    try:
        for item in islice(source, size):
            taken.append(item)
    except Exception as fault:
        return taken, fault
    return taken, None
